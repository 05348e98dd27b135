import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { run } from '../../../src/cli/program.js';
import { DEFAULT_EXCLUDED_NAMESPACES } from '../../../src/config/excluded-namespaces.js';
import { readEntries } from '../../../src/engines/metadata/annotations.js';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import { renderPolicies } from '../../../src/engines/render.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

interface Result {
  readonly code: number;
  readonly out: string;
  readonly warnings: string;
}

async function runWith(...args: readonly string[]): Promise<Result> {
  const out: string[] = [];
  const warnings: string[] = [];
  // As console.warn does, it prints all that it is given.
  const warn = (...line: readonly string[]): unknown => warnings.push(line.join(' '));
  const code = await run(args, { out: (line) => out.push(line), warn });
  return { code, out: out.join('\n'), warnings: warnings.join('\n') };
}

function mirror(name: string, spec: object): object {
  return { apiVersion: 'registrymirror.io/v1alpha1', kind: 'RegistryMirror', metadata: { name }, spec };
}

const HUB = mirror('dockerhub', { upstream: { type: 'docker-hub' } });
const QUAY = mirror('quay', {
  upstream: { type: 'quay' },
  harbor: { url: 'https://other.example.org:8443', credentialsSecretRef: { name: 'x' } },
  project: { name: 'red-hat' },
  rewrite: { repositories: { include: ['a/**'] } },
});

describe('registry-mirror', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-cli-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  let files = 0;
  const file = (content: string | readonly unknown[]): string => {
    const path = join(folder, `${files++}.yaml`);
    const documents =
      typeof content === 'string' ? content : content.map((object) => JSON.stringify(object)).join('\n---\n');
    writeFileSync(path, documents);
    return path;
  };

  describe('check', () => {
    it('prints each rewrite, or why there is none', async () => {
      const args = ['check', '-f', file([HUB, QUAY]), '--harbor-host', 'h.test'];
      const { code, out } = await runWith(...args, 'nginx', 'quay.io/a/b:1', 'quay.io/b', 'ghcr.io/x', 'x y');
      expect(out.split('\n')).to.deep.equal([
        'nginx -> h.test/dockerhub/library/nginx (mirror dockerhub)',
        'quay.io/a/b:1 -> other.example.org:8443/red-hat/a/b:1 (mirror quay)',
        'quay.io/b stays as it is: rewrite.repositories of quay leaves out b',
        'ghcr.io/x stays as it is: no mirror serves ghcr.io',
        '"x y" stays as it is: it is no valid image name: "x y" has other characters than lower-case letters, digits and . _ -',
      ]);
      expect(code).to.equal(0);
    });

    it('says why an image stays that a mirror covers', async () => {
      const id = `sha256:${'a'.repeat(64)}`;
      const twice = 'docker.io/h.test/dockerhub/library/nginx';
      const { out } = await runWith('check', '-f', file([HUB]), '--harbor-host', 'h.test', 'auto', id, twice);
      const stays = 'stays as it is (mirror dockerhub)';
      expect(out.split('\n')).to.deep.equal([
        `auto ${stays}: a bare auto is Istio's placeholder, which its injector replaces`,
        `${id} ${stays}: it is an image's id, which runtimes look for on the node and never pull`,
        `${twice} ${stays}: its path begins with the pull prefix of a mirror already: another policy put its own host in front`,
      ]);
    });

    it('reads the files of a folder, as kubectl does', async () => {
      const inner = join(folder, 'mirrors');
      mkdirSync(join(inner, 'deeper'), { recursive: true });
      writeFileSync(join(inner, 'hub.yaml'), JSON.stringify(HUB));
      writeFileSync(join(inner, 'quay.json'), JSON.stringify(QUAY));
      writeFileSync(join(inner, 'README.md'), 'no object');
      writeFileSync(join(inner, 'deeper', 'again.yaml'), JSON.stringify(HUB));
      const args = ['--harbor-host', 'h.test', 'nginx', 'quay.io/a/b'];
      const { out } = await runWith('check', '-f', inner, ...args);
      expect(out).to.include('(mirror dockerhub)').and.include('(mirror quay)');
      rmSync(join(inner, 'deeper', 'again.yaml'));
      const { code, warnings } = await runWith('check', '-f', join(inner, 'deeper'), ...args);
      expect(warnings).to.equal(`The folder ${join(inner, 'deeper')} has no .yaml, .yml or .json file.`);
      expect(code).to.equal(2);
    });

    it('reads Lists and several files', async () => {
      const list = { apiVersion: 'v1', kind: 'List', items: [HUB] };
      const args = ['check', '-f', file([list]), '-f', file([QUAY]), '--harbor-host', 'h.test', 'nginx', 'quay.io/a/b'];
      expect((await runWith(...args)).out.split('\n')).to.have.length(2);
    });

    it('says which mirrors rewrite nothing, and ends with 2 where one loses its host to another', async () => {
      const off = mirror('off', { upstream: { type: 'quay' }, rewrite: { engine: 'None' } });
      const again = mirror('hub-again', { upstream: { type: 'docker-hub' } });
      const args = ['--harbor-host', 'h.test', 'nginx', 'quay.io/a'];
      const { code, out, warnings } = await runWith('check', '-f', file([HUB, off, again]), ...args);
      expect(out).to.include('mirror dockerhub');
      expect(out).to.include('quay.io/a stays as it is (mirror off): its rewrite.engine is None');
      expect(warnings).to.include('Mirror off rewrites nothing: its rewrite.engine is None.');
      expect(warnings).to.include('Mirror hub-again rewrites nothing: dockerhub has its host docker.io');
      expect(code).to.equal(2);
      expect((await runWith('check', '-f', file([HUB, off]), ...args)).code).to.equal(0);
    });

    it('leaves out objects of other kinds, and names them', async () => {
      const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' } };
      const args = ['check', '-f', file([secret, HUB]), '--harbor-host', 'h.test', 'nginx'];
      const { code, out, warnings } = await runWith(...args);
      expect(out).to.include('nginx -> h.test/dockerhub/library/nginx');
      expect(warnings).to.match(/document 1 is left out: it is a Secret, and only RegistryMirrors are read\.$/);
      expect(code).to.equal(0);
    });

    it('takes no file for an image', async () => {
      const { code, out, warnings } = await runWith('check', '-f', file([HUB]), 'more.yaml', 'nginx');
      expect(warnings).to.equal('more.yaml stands where an image is due: write -f before each file.');
      expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    });
  });

  describe('render', () => {
    it('prints the policies that the operator would write', async () => {
      const { code, out } = await runWith('render', '-f', file([HUB, QUAY]), '--harbor-host', 'h.test');
      expect(code).to.equal(0);
      const [policy, ...rest] = parseAllDocuments(out).map(
        (document) => document.toJS() as Parameters<typeof readEntries>[0],
      );
      expect(rest).to.deep.equal([]);
      if (policy === undefined) throw new Error('No policy was printed.');
      const entries = readEntries(policy) ?? [];
      expect(entries.map(({ pullPrefix }) => pullPrefix)).to.deep.equal([
        'h.test/dockerhub',
        'other.example.org:8443/red-hat',
      ]);
      const settings = { engine: 'ClusterPolicy', ...DEFAULT_SETTINGS } as const;
      const excludedNamespaces = [...DEFAULT_EXCLUDED_NAMESPACES, 'registry-mirror-system'];
      const [expected] = renderPolicies(
        entries.map((entry) => ({ entry, settings })),
        { excludedNamespaces },
      );
      expect(policy).to.deep.equal(expected?.object);
    });

    for (const engine of ENGINE_KINDS) {
      it(`says with --explain why each step is there, and prints the policy as it is (${engine})`, async () => {
        const rewrite = { engine, pullSecret: 'Inject', repositories: { exclude: ['x/**'] } };
        const mirrors = [mirror('quay', { upstream: { type: 'quay' }, rewrite })];
        const args = ['render', '-f', file(mirrors), '--harbor-host', 'h.test'];
        const plain = (await runWith(...args)).out.split('\n');
        const explained = (await runWith(...args, '--explain')).out.split('\n');
        const isComment = (line: string): boolean => /^ *# /.test(line);
        expect(explained.filter((line) => !isComment(line))).to.deep.equal(plain);
        expect(explained.filter((line) => line.length > 160 && !plain.includes(line))).to.deep.equal([]);

        const named = explained.flatMap((line, at) => {
          const name = /^ +- name: ([A-Za-z-]+)/.exec(line)?.[1];
          return name === undefined ? [] : [{ name, hasComment: isComment(explained[at - 1] ?? '') }];
        });
        const unexplained = named.filter(
          ({ name, hasComment }, at) => !hasComment && named.findIndex((other) => other.name === name) === at,
        );
        expect(named.length).to.be.greaterThan(12);
        expect(unexplained).to.deep.equal([]);
        expect(explained[explained.indexOf('  failurePolicy: Fail') - 1]).to.satisfy(isComment);
      });
    }

    it('says what it takes engine Auto for', async () => {
      const auto = file([mirror('quay', { upstream: { type: 'quay' }, rewrite: { engine: 'Auto' } })]);
      const args = ['render', '-f', auto, '--harbor-host', 'h.test', '--auto-engine', 'MutatingPolicy'];
      const { out, warnings } = await runWith(...args);
      expect(out).to.include('kind: MutatingPolicy');
      expect(warnings).to.equal('Taken for what engine Auto of quay comes to: MutatingPolicy (--auto-engine).');
    });

    it('ends with 2 where a mirror loses its host to another, and prints the rest', async () => {
      const again = mirror('hub-again', { upstream: { type: 'docker-hub' } });
      const { code, out, warnings } = await runWith('render', '-f', file([HUB, again]), '--harbor-host', 'h.test');
      expect(out).to.include('kind: ClusterPolicy');
      expect(warnings).to.include('Mirror hub-again is in no policy: dockerhub has its host docker.io');
      expect(code).to.equal(2);
    });

    it('takes other namespaces to leave alone', async () => {
      const { out } = await runWith(
        'render',
        '-f',
        file([HUB]),
        '--harbor-host',
        'h.test',
        '--excluded-namespaces',
        'mine',
      );
      expect(out).to.include("!request.namespace.matches(r'^(mine)$')");
    });
  });

  const refused: readonly [string, string | readonly unknown[], string][] = [
    ['text that is no YAML', 'a: [', 'document 1 is no valid YAML'],
    ['a key that is there twice', 'a: 1\na: 2', 'Map keys must be unique'],
    ['a plain text', 'hello', 'document 1 is no Kubernetes object'],
    ['an empty file', '', 'There is no RegistryMirror in'],
    ['only other kinds', [{ apiVersion: 'v1', kind: 'Pod' }], 'There is no RegistryMirror in'],
    [
      'another version',
      [{ ...HUB, apiVersion: 'registrymirror.io/v9' }],
      'is a RegistryMirror of registrymirror.io/v9',
    ],
    [
      'a spec alone',
      [{ spec: { upstream: { type: 'quay' } } }],
      'needs apiVersion: registrymirror.io/v1alpha1 and kind: RegistryMirror',
    ],
    ['a mirror without a name', [{ ...HUB, metadata: {} }], 'needs a metadata.name'],
    [
      'a type without a url of its own, and no url',
      [mirror('d', { upstream: { type: 'docker-registry' } })],
      'document 1, RegistryMirror d:\n  spec.upstream.url: Type docker-registry needs the url of the registry',
    ],
    ...['https://a.test/path', 'a.test', 'https://u:p@a.test'].map((url): [string, object[], string] => [
      `the url ${url}`,
      [mirror('d', { upstream: { type: 'docker-registry', url } })],
      'spec.upstream.url: Write scheme, host and port only',
    ]),
    [
      'what only a rule of the CRD forbids',
      [mirror('p', { upstream: { type: 'quay' }, project: { public: false } })],
      'document 1, RegistryMirror p:\n  spec',
    ],
    ['the same mirror twice', [HUB, HUB], 'The RegistryMirror dockerhub is there twice'],
    ['an unknown type', [mirror('x', { upstream: { type: 'nope' } })], 'spec.upstream.type must be one of docker-hub'],
    ['no upstream', [mirror('x', {})], 'spec needs the field "upstream"'],
    ['a misspelt field', [mirror('x', { upstream: { type: 'quay' }, rewrit: {} })], 'spec has no field "rewrit"'],
    [
      'a value of the wrong type',
      [mirror('x', { upstream: { type: 'quay' }, suspend: 'no' })],
      'spec.suspend must be boolean',
    ],
  ];
  for (const [sentence, content, message] of refused) {
    it(`refuses ${sentence}, and says so`, async () => {
      const { code, out, warnings } = await runWith('check', '-f', file(content), '--harbor-host', 'h.test', 'nginx');
      expect(warnings).to.include(message);
      expect(out).to.equal('');
      expect(code).to.equal(2);
    });
  }

  it('refuses a file that is not there', async () => {
    const { code, warnings } = await runWith('render', '-f', join(folder, 'nope.yaml'));
    expect(warnings).to.include("nope.yaml can't be read");
    expect(code).to.equal(2);
  });

  it('asks for the pull host where nothing names it', async () => {
    const { code, warnings } = await runWith('check', '-f', file([HUB]), 'nginx');
    expect(warnings).to.include('give it with --harbor-host');
    expect(code).to.equal(2);
  });

  const wrongUses: readonly [string, readonly string[]][] = [
    ['no file', ['check', 'nginx']],
    ['no image', ['check', '-f', 'x']],
    ['an unknown command', ['nope']],
    ['a url as pull host', ['check', '-f', 'x', '--harbor-host', 'https://x.test', 'nginx']],
    ['a bad namespace', ['render', '-f', 'x', '--excluded-namespaces', 'A B']],
  ];
  for (const [sentence, args] of wrongUses) {
    it(`ends with 2 for a wrong use: ${sentence}`, async () => {
      const { code, warnings } = await runWith(...args);
      expect(code).to.equal(2);
      expect(warnings).to.not.equal('');
    });
  }

  for (const [args, pod] of [
    [['web'], 'web'],
    [['pod/web'], 'web'],
    [['deployment', 'web'], 'NAME'],
  ] as const) {
    it(`says how a Pod is explained for explain ${args.join(' ')}`, async () => {
      const { code, warnings } = await runWith('explain', ...args);
      expect(warnings).to.include(`registry-mirror explain pod ${pod} -n NAMESPACE`);
      expect(code).to.equal(2);
    });
  }

  it('explains one Pod of a file and nothing else, and says so before it asks for a cluster', async () => {
    const path = file([HUB]);
    const { code, warnings } = await runWith('explain', 'pod', '-f', path);
    expect(warnings).to.equal(`There must be one Pod and nothing else in ${path}.`);
    expect(code).to.equal(2);
  });

  it('names the Harbor that does not answer, and says what to check', async () => {
    const args = ['--harbor-url', 'http://127.0.0.1:1', '--harbor-username', 'x', '--harbor-password-file'];
    const { code, warnings } = await runWith('import', ...args, file('x'));
    expect(warnings).to.include('Harbor at http://127.0.0.1:1 failed').and.include("host and port in Harbor's url");
    expect(code).to.equal(2);
  });

  it('prints its version', async () => {
    const { code, out } = await runWith('--version');
    expect(code).to.equal(0);
    expect(out).to.equal('development');
  });

  it('prints its help', async () => {
    const { code, out } = await runWith('--help');
    expect(code).to.equal(0);
    expect(out).to.include('render').and.include('check').and.include('explain').and.include('Exit codes');
  });
});
