import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ANNOTATIONS } from '../../../src/api/group.js';
import type { Manifest } from '../../support/chart.js';
import type { CommandResult } from '../../support/command.js';
import { OPERATOR_WITH_ALL_RIGHTS } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useCluster } from '../shared-cluster.js';

const COMPONENT = fileURLToPath(new URL('../../../config/components/fallback/', import.meta.url));
const POLICY = "ValidatingAdmissionPolicy 'registry-mirror-operator-pods'";
const ONLY_IMAGES = 'may change nothing of a Pod but its images';
const ONLY_ORIGINALS = 'may give a Pod no images but its original ones';

const [ORIGINAL, ORIGINAL_OF_INIT] = ['quay.io/a/b:1', 'quay.io/a/init:1'];
const cached = (image: string): string => `harbor.example.org/${image}`;
const annotations = {
  [ANNOTATIONS.originalImages]: JSON.stringify({ 'init-c': ORIGINAL_OF_INIT, c: ORIGINAL }),
};
const CONTAINERS = [
  { name: 'c', image: cached(ORIGINAL) },
  { name: 'left-alone', image: 'images.example.org/a:1' },
];
const pod = (name: string, metadata: object, spec: object): Manifest => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, annotations, ...metadata },
  spec: { containers: CONTAINERS, ...spec },
});

/** With something in each place that the API server lets somebody change only if there is something. */
const GUARDED = pod(
  'guarded',
  { labels: { app: 'a' } },
  {
    initContainers: [{ name: 'init-c', image: cached(ORIGINAL_OF_INIT) }],
    schedulingGates: [{ name: 'example.org/wait' }],
  },
);
const BARE = pod('bare', {}, {});

const IMAGE = '/spec/containers/0/image';
const IMAGE_OF_INIT = '/spec/initContainers/0/image';
const add = (path: string, value: unknown): object => ({ op: 'add', path, value });
const TERM = { matchExpressions: [{ key: 'a', operator: 'Exists' }] };
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'a' };

/** All that the API server lets somebody change of a Pod beside its images. */
const OTHER_CHANGES: Readonly<Record<string, object>> = {
  'a label': add('/metadata/labels/app', 'b'),
  'which images are its original ones': add('/metadata/annotations', { [ANNOTATIONS.originalImages]: '{"c":"evil"}' }),
  'its finalizers': add('/metadata/finalizers', ['example.org/held']),
  'its owners': add('/metadata/ownerReferences', [owner]),
  'what it tolerates': add('/spec/tolerations/-', { operator: 'Exists' }),
  'what its scheduling waits for': { op: 'remove', path: '/spec/schedulingGates/0' },
  'which nodes a Pod with scheduling gates may go to': add('/spec/nodeSelector', { a: 'b' }),
  'which nodes a Pod with scheduling gates prefers': add('/spec/affinity', {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [TERM] } },
  }),
  'what its name was made from': add('/metadata/generateName', 'a-'),
  'its deadline': add('/spec/activeDeadlineSeconds', 1),
};

const OTHER_IMAGES: Readonly<Record<string, object>> = {
  'an image of another registry': add(IMAGE, 'evil.example.org/a/b:1'),
  'an image of another registry in an init container': add(IMAGE_OF_INIT, 'evil.example.org/a/b:1'),
  'its original image without its tag': add(IMAGE, ORIGINAL.replace(':1', '')),
  'the original image of another container': add(IMAGE, ORIGINAL_OF_INIT),
  'the image that another container has': add(IMAGE, cached(ORIGINAL_OF_INIT)),
};

describe('The admission policy for Pods, asked by the operator with all rights,', function () {
  this.timeout(60_000);
  const cluster = useCluster();
  let namespace: string;

  const asOperator = async (args: readonly string[], object?: Manifest): Promise<CommandResult> =>
    await cluster().kubectl(
      [...args, '-n', namespace, '--dry-run=server', ...OPERATOR_WITH_ALL_RIGHTS],
      object === undefined ? {} : { stdin: JSON.stringify(object) },
    );
  const patch = async (name: string, ...operations: readonly object[]): Promise<CommandResult> =>
    await asOperator(['patch', 'pod', name, '--type=json', '-p', JSON.stringify(operations)]);
  const expectRefusal = ({ code, stderr }: CommandResult, message: string): void => {
    expect(code, stderr).to.not.equal(0);
    expect(stderr).to.include(POLICY).and.include(message);
  };

  before(async () => {
    namespace = await cluster().createNamespace();
    await cluster().apply([GUARDED, BARE], ['-n', namespace]);
    expect((await cluster().kubectl(['apply', '-k', COMPONENT])).code).to.equal(0);
    await eventually(async () => {
      expectRefusal(await patch('guarded', add(IMAGE, 'evil.example.org/a')), ONLY_ORIGINALS);
    });
  });
  after(async () => {
    await cluster().kubectl(['delete', '-k', COMPONENT]);
    await cluster().kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  for (const [what, operation] of Object.entries(OTHER_CHANGES)) {
    it(`refuses to change ${what}`, async () => {
      expectRefusal(await patch('guarded', operation), ONLY_IMAGES);
    });
  }

  for (const [what, operation] of Object.entries(OTHER_IMAGES)) {
    it(`refuses to give it ${what}`, async () => {
      expectRefusal(await patch('guarded', operation), ONLY_ORIGINALS);
    });
  }

  it('refuses to make a Pod, and to delete one', async () => {
    expectRefusal(await asOperator(['create', '-f', '-'], pod('made', {}, {})), ONLY_IMAGES);
    expectRefusal(await asOperator(['delete', 'pod', 'guarded']), ONLY_IMAGES);
  });

  it('lets it give a Pod its original images back, all or one of them', async () => {
    const [main, init] = [add(IMAGE, ORIGINAL), add(IMAGE_OF_INIT, ORIGINAL_OF_INIT)];
    for (const written of [
      patch('guarded', main, init),
      patch('guarded', main),
      patch('guarded', init),
      patch('bare', main),
    ]) {
      const { code, stderr } = await written;
      expect(code, stderr).to.equal(0);
    }
  });
});
