import { expect } from 'chai';
import { ANNOTATIONS } from '../../../src/api/group.js';
import { line } from '../../../src/cli/explain/command.js';
import { explainPod } from '../../../src/cli/explain/explain.js';
import { servedEntries } from '../../../src/cli/explain/in-force.js';
import type { Pod } from '../../../src/cli/explain/pod.js';
import { hub, policiesOf } from './explained-mirrors.js';

interface Case {
  readonly sentence: string;
  readonly image: string;
  /** The text of the annotation. */
  readonly notes?: string;
  /** Whether the Pod is in the cluster. Default: it is. */
  readonly exists?: boolean;
  readonly expected: string;
}

const BACK =
  'it was rewritten when the Pod was made, and is back since: it could not be pulled from the cache (rewrite.fallback), or somebody changed the Pod';
const CHANGED =
  'stood here when the Pod was made, and was rewritten; somebody has changed the Pod since, and no policy rewrites such a change';

const cases: readonly Case[] = [
  {
    sentence: 'an image that was rewritten',
    image: 'h.test/hub/library/nginx',
    notes: '{"c":"nginx"}',
    expected: 'nginx -> h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'an image that was rewritten by a mirror that is gone',
    image: 'h.test/gone/a:1',
    notes: '{"c":"ghcr.io/a:1"}',
    expected: 'ghcr.io/a:1 -> h.test/gone/a:1 (by a mirror that is gone)',
  },
  {
    sentence: 'an image that is back',
    image: 'nginx',
    notes: '{"c":"nginx"}',
    expected: `nginx stays as it is (mirror hub): ${BACK}`,
  },
  {
    sentence: 'an image that is back, written out in full',
    image: 'docker.io/library/nginx',
    notes: '{"c":"nginx"}',
    expected: `docker.io/library/nginx stays as it is (mirror hub): ${BACK}`,
  },
  {
    sentence: 'an image that somebody put in the place of one that was rewritten',
    image: 'busybox',
    notes: '{"c":"nginx"}',
    expected: `busybox stays as it is (mirror hub): nginx ${CHANGED}`,
  },
  {
    sentence: 'an image of no mirror that somebody put in the place of one that was rewritten',
    image: 'ghcr.io/a/nginx:1',
    notes: '{"c":"nginx:1"}',
    expected: `ghcr.io/a/nginx:1 stays as it is: nginx:1 ${CHANGED}`,
  },
  {
    sentence: 'another image in the cache that somebody put in the place of one that was rewritten',
    image: 'h.test/hub/library/redis',
    notes: '{"c":"nginx"}',
    expected:
      "h.test/hub/library/redis pulls through mirror hub; the Pod doesn't say whether it was rewritten or written so",
  },
  {
    sentence: 'a name that was written with the pull prefix',
    image: 'h.test/hub/library/nginx',
    expected:
      "h.test/hub/library/nginx pulls through mirror hub; the Pod doesn't say whether it was rewritten or written so",
  },
  {
    sentence: 'a new Pod that has the notes of an older one',
    image: 'nginx',
    notes: '{"c":"nginx"}',
    exists: false,
    expected: 'nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'notes that no policy writes',
    image: 'nginx',
    notes: '{"c":',
    exists: false,
    expected: 'nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'a note of no image',
    image: 'Nginx:',
    notes: '{"c":"Nginx:"}',
    expected: '"Nginx:" stays as it is: it is no valid image name: there is no tag after the colon',
  },
];

describe('registry-mirror explain, by the notes of a Pod,', () => {
  for (const { sentence, image, notes, exists = true, expected } of cases) {
    it(`explains ${sentence}`, () => {
      const annotations = notes === undefined ? {} : { [ANNOTATIONS.originalImages]: notes };
      const pod: Pod = { metadata: { name: 'p', annotations }, spec: { containers: [{ name: 'c', image }] } };
      const context = { pod, namespace: 'shop', namespaceLabels: {}, pullSecrets: { names: [] } };
      const served = servedEntries([hub()], policiesOf([hub()]));
      const [explained] = explainPod(context, { mirrors: [hub()], served, exists }).map(line);
      expect(explained).to.equal(`container c: ${expected}`);
    });
  }
});
