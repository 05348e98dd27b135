import { expect } from 'chai';
import { slimPod } from '../../../src/fallback/pod.js';
import type { RewrittenPod } from '../../../src/fallback/pod.js';
import { fallbackPatch, stuckContainers } from '../../../src/fallback/stuck.js';
import { rewriter } from '../../../src/image/rewrite.js';

const rewrite = rewriter([
  { mirror: 'quay', hosts: ['quay.io'], pullPrefix: 'h.test/quay', include: [], exclude: ['secret/**'] },
]);

interface Given {
  readonly image?: string;
  readonly reason?: string;
  readonly notes?: string;
  readonly isGoing?: boolean;
}

function podOf({
  image = 'h.test/quay/a:1',
  reason = 'ImagePullBackOff',
  notes = '{"c":"quay.io/a:1"}',
  isGoing = false,
}: Given): RewrittenPod {
  return slimPod({
    metadata: {
      name: 'p',
      namespace: 'shop',
      uid: 'u',
      annotations: { 'registrymirror.io/original-images': notes },
      ...(isGoing ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      containers: [
        { name: 'other', image: 'x' },
        { name: 'c', image },
      ],
    },
    status: { containerStatuses: [{ name: 'other' }, { name: 'c', state: { waiting: { reason } } }] },
  });
}

const STAYS: Readonly<Record<string, Given>> = {
  'is being created': { reason: 'ContainerCreating' },
  'could not be pulled a first time, and is tried again at once': { reason: 'ErrImagePull' },
  'has an image that the mirror makes of another original': { image: 'h.test/quay/b:1' },
  'notes an image that belongs to no mirror with a fallback': { notes: '{"c":"ghcr.io/a:1"}' },
  'notes an image that the mirror leaves out': { image: 'h.test/quay/secret/a', notes: '{"c":"quay.io/secret/a"}' },
  'notes nothing of this container': { notes: '{"d":"quay.io/a:1"}' },
  'has an annotation that is no JSON': { notes: '{"c":' },
  'has an annotation in a form that no policy writes': { notes: '{ "c": "quay.io/a:1" }' },
  'has an annotation that is no map': { notes: 'null' },
  'is being deleted': { isGoing: true },
};

describe('a rewritten Pod falls back', () => {
  it('where a container waits to pull what the mirror made of its original image', () => {
    const pod = podOf({});
    const stuck = stuckContainers(pod, rewrite);
    const expected = {
      place: 'containers',
      index: 1,
      name: 'c',
      mirror: 'quay',
      image: 'h.test/quay/a:1',
      original: 'quay.io/a:1',
    };
    expect(stuck).to.deep.equal([expected]);
    expect(fallbackPatch(pod, stuck)).to.deep.equal([
      { op: 'test', path: '/metadata/uid', value: 'u' },
      { op: 'test', path: '/spec/containers/1/name', value: 'c' },
      { op: 'test', path: '/spec/containers/1/image', value: 'h.test/quay/a:1' },
      { op: 'replace', path: '/spec/containers/1/image', value: 'quay.io/a:1' },
    ]);
  });

  for (const [what, given] of Object.entries(STAYS)) {
    it(`not where it ${what}`, () => {
      expect(stuckContainers(podOf(given), rewrite)).to.deep.equal([]);
    });
  }

  it('keeps nothing of a Pod that nobody reads', () => {
    const { metadata, spec } = podOf({});
    const full = {
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, a: 'b' },
        managedFields: [],
        labels: { a: 'b' },
      },
      spec: { ...spec, volumes: [], containers: spec.containers.map((each) => ({ ...each, env: [] })) },
    };
    expect(slimPod(full)).to.deep.equal({ ...podOf({}), status: { containerStatuses: [], initContainerStatuses: [] } });
  });
});
