import { expect } from 'chai';
import type { Probe } from '../../../../src/api/registry-mirror.js';
import { occasionOf, placeOf, questionOf } from '../../../../src/mirror/probe/question.js';
import type { Place } from '../../../../src/mirror/probe/question.js';
import { mirror } from '../mirror.js';

const PLACE: Place = {
  harbor: 'https://harbor.example.org',
  pullPrefix: 'pull.example.org:8443/quay',
  projectId: 12,
  isPrivate: false,
  upstream: 'healthy',
};
const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('What the cache is asked for', () => {
  const asked = (image: string, spec: object = {}): string => {
    const probe: Probe = { image, interval: '15m' };
    const { path, reference, image: shown } = questionOf(mirror('quay', { spec }), probe, PLACE);
    return `${path} ${reference} ${shown}`;
  };
  const hub = { upstream: { type: 'docker-hub' } };
  const cases: Readonly<Record<string, readonly [image: string, spec: object, expected: string]>> = {
    'is the tag': ['a/b:1', {}, 'a/b 1 pull.example.org:8443/quay/a/b:1'],
    'is latest without a tag': ['a/b', {}, 'a/b latest pull.example.org:8443/quay/a/b:latest'],
    'is the digest': [`a/b@${DIGEST}`, {}, `a/b ${DIGEST} pull.example.org:8443/quay/a/b@${DIGEST}`],
    'is the digest where both stand': [`a/b:1@${DIGEST}`, {}, `a/b ${DIGEST} pull.example.org:8443/quay/a/b@${DIGEST}`],
    'is in the library for a bare name of Docker Hub': [
      'nginx:1',
      hub,
      'library/nginx 1 pull.example.org:8443/quay/library/nginx:1',
    ],
    'is in the library for a bare name of Docker Hub under another host': [
      'nginx:1',
      { upstream: { type: 'docker-hub', hosts: ['registry-1.docker.io'] } },
      'library/nginx 1 pull.example.org:8443/quay/library/nginx:1',
    ],
    'is where it stands for a bare name of another registry': [
      'nginx:1',
      {},
      'nginx 1 pull.example.org:8443/quay/nginx:1',
    ],
  };
  for (const [what, [image, spec, expected]] of Object.entries(cases)) {
    it(what, () => {
      expect(asked(image, spec)).to.equal(expected);
    });
  }

  it('is known to be left out by the filter that the mirror has Harbor have', () => {
    const isFilteredOut = (image: string, filter?: string): boolean => {
      const spec = { project: { filter }, rewrite: { repositories: { include: ['a/**'] } } };
      return questionOf(mirror('quay', { spec }), { image, interval: '15m' }, PLACE).isFilteredOut;
    };
    expect(isFilteredOut('a/b', 'FromRepositories')).to.equal(false);
    expect(isFilteredOut('b/c', 'FromRepositories')).to.equal(true);
    expect(isFilteredOut('b/c')).to.equal(false);
  });
});

describe('Where there is a cache to ask', () => {
  const findings = {
    url: PLACE.harbor,
    clusterId: 'c',
    unsupported: [],
    pullPrefix: PLACE.pullPrefix,
    reachable: true,
  };
  const project = { id: 12, name: 'quay', registryId: 7, metadata: { public: 'false' }, repositoryCount: 0 };

  it('is the project that was found, private or not', () => {
    expect(placeOf({ ...findings, project })).to.deep.equal({ ...PLACE, isPrivate: true, upstream: '' });
    const isPublic = { ...project, metadata: { public: 'true' } };
    expect(placeOf({ ...findings, project: isPublic })).to.include({ isPrivate: false });
  });

  it('is none while Harbor is down, or has no project', () => {
    expect(placeOf({ ...findings, reachable: false })).to.equal('harborDown');
    expect(placeOf({ ...findings, project: null })).to.equal('noProject');
  });

  it('isn’t known where nobody looked', () => {
    expect(placeOf(undefined)).to.equal(undefined);
    expect(placeOf(findings)).to.equal(undefined);
  });

  it('is asked at once after an edit, a request, for a new project, and where Harbor thinks otherwise of the upstream', () => {
    const before = occasionOf(mirror('quay'), PLACE);
    const requested = { 'registrymirror.io/requestedAt': 'now' };
    const others = [
      occasionOf(mirror('quay', { metadata: { generation: 9 } }), PLACE),
      occasionOf(mirror('quay', { metadata: { annotations: requested } }), PLACE),
      occasionOf(mirror('quay'), { ...PLACE, projectId: 13 }),
      occasionOf(mirror('quay'), { ...PLACE, isPrivate: true }),
      occasionOf(mirror('quay'), { ...PLACE, upstream: 'unhealthy' }),
    ];
    expect(new Set([before, ...others]).size).to.equal(6);
    expect(occasionOf(mirror('quay'), { ...PLACE })).to.equal(before);
  });
});
