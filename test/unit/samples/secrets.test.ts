import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { KIND } from '../../../src/api/group.js';
import { withDefaults } from '../../../src/api/spec/defaults.js';
import { upstreamUrl } from '../../../src/api/spec/upstream-types.js';
import { allowsUrl } from '../../../src/credentials/allowed-hosts.js';
import { upstreamSecrets } from '../../../src/credentials/upstream-secrets.js';
import type { Secret } from '../../../src/credentials/secrets.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { readPage } from '../docs/pages.js';

const SAMPLES = join(import.meta.dirname, '../../../config/samples');
const KEY = Buffer.alloc(32, 1);

type Written = Secret & { readonly kind: string; readonly stringData?: Readonly<Record<string, string>> };

/** As the API server keeps it. */
function stored({ stringData = {}, ...secret }: Written): Secret {
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...secret, data: Object.fromEntries(encoded) as Readonly<Record<string, string>> };
}

describe('the Secrets that samples refer to', () => {
  for (const file of globSync('*.yaml', { cwd: SAMPLES }).sort()) {
    const objects = parseAllDocuments(readFileSync(join(SAMPLES, file), 'utf8')).map(
      (document) => document.toJS() as Written | RegistryMirror,
    );
    const secrets = objects.filter((object): object is Written => object.kind === 'Secret');
    if (secrets.length === 0) continue;
    it(`can be used as they are, in ${file}`, () => {
      const find = (name: string): Secret | undefined =>
        secrets.map(stored).find(({ metadata }) => metadata.name === name);
      const mirrors = objects.filter((object): object is RegistryMirror => object.kind === KIND);
      for (const mirror of mirrors) {
        const whole = { ...mirror, ...withDefaults(mirror) };
        const read = upstreamSecrets(whole, { namespace: 'registry-mirror-system', find }, KEY);
        expect(read.ok ? 'read' : read.problem).to.equal('read');
      }
    });
  }

  it('may be sent to the url of each mirror on the page about Docker Hub', () => {
    const page = readPage('docs/how-to/docker-hub.md');
    const allowed = [...page.matchAll(/allowed-hosts=([^\s`]+)/g)].map(([, hosts = '']) => hosts);
    const mirrors = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']): unknown =>
      parseAllDocuments(text)[0]?.toJS(),
    );
    expect(mirrors).to.have.length(2);
    for (const mirror of mirrors as readonly RegistryMirror[]) {
      const url = upstreamUrl(withDefaults(mirror).spec);
      expect(
        allowed.some((hosts) => allowsUrl(hosts, url)),
        url,
      ).to.equal(true);
    }
  });
});
