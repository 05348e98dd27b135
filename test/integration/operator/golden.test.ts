import { expect } from 'chai';
import { useWorld } from '../use-world.js';
import { goldenCases, goldenEntries } from '../policy/golden.js';
import type { GoldenCase } from '../policy/golden.js';
import { create, dryRun, images, podOf, putEphemeral } from '../policy/pod.js';
import type { Pod } from '../policy/pod.js';
import { chunks, inParallel } from '../policy/policies.js';

/** The API server refuses an image with space around it, before or after the rewrite. */
const cases = goldenCases.filter(({ image }) => image.trim() === image);

/** How a person mirrors these hosts; all others are plain registries. */
const UPSTREAMS: Readonly<Record<string, object>> = {
  'docker.io': { type: 'docker-hub' },
  'quay.io': { type: 'quay' },
  'ghcr.io': { type: 'github-ghcr' },
  'hub.opensciencegrid.org': { type: 'harbor', url: 'https://hub.opensciencegrid.org' },
  'registry.cern.ch': { type: 'harbor', url: 'https://registry.cern.ch' },
  'localhost:5000': { type: 'docker-registry', url: 'http://registry.local.test:5000', hosts: ['localhost:5000'] },
};

/** The project that makes the pull prefix `harbor.cache.test/NAME`. */
const project = (pullPrefix: string): string => pullPrefix.split('/')[1] ?? '';

function mirrorFor(host: string, pullPrefix: string): object {
  const upstream = UPSTREAMS[host] ?? { type: 'docker-registry', url: `https://${host}` };
  const metadata = { name: `golden-${project(pullPrefix)}` };
  const spec = { upstream, project: { name: project(pullPrefix) } };
  return { apiVersion: 'registrymirror.io/v1alpha1', kind: 'RegistryMirror', metadata, spec };
}

const expectedOf = (list: readonly GoldenCase[]): readonly string[] => list.map(({ expected }) => expected);
const imagesOf = (list: readonly GoldenCase[]): readonly string[] => list.map(({ image }) => image);

describe('ten mirrors together rewrite every golden case', function () {
  this.timeout(60_000);
  const world = useWorld();
  let namespace: string;
  let older: Pod;

  before(async () => {
    namespace = await world().cluster.createNamespace();
    older = await create(world().cluster.api, namespace, podOf(['nginx']));
    await world().cluster.apply(goldenEntries.map(({ hosts: [host = ''], pullPrefix }) => mirrorFor(host, pullPrefix)));
    const wait = ['wait', '--for=condition=Ready', '--timeout=30s', '--all', 'registrymirrors'];
    const { code, stderr } = await world().cluster.kubectl(wait);
    expect(code, stderr).to.equal(0);
  });
  after(async () => {
    await world().cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  });

  it('through one ClusterPolicy, with the pull prefixes in the status', async () => {
    const { stdout } = await world().cluster.kubectl(['get', 'clusterpolicies', '-o', 'name']);
    expect(stdout.trim().split('\n')).to.have.length(1);
    for (const { hosts, pullPrefix } of goldenEntries) {
      const { status } = await world().get(`golden-${project(pullPrefix)}`);
      expect(status).to.deep.include({ hosts, pullPrefix });
    }
  });

  it('one image in a Pod', async () => {
    expect(cases.length).to.be.greaterThan(300);
    await inParallel(cases, async ({ image, expected }) => {
      expect(images(await dryRun(world().cluster.api, namespace, podOf([image])))).to.deep.equal([expected]);
    });
  });

  it('twenty images in the containers of a Pod, in their order', async () => {
    await inParallel(chunks(cases, 20), async (list) => {
      const { spec } = await dryRun(world().cluster.api, namespace, podOf(imagesOf(list)));
      expect(images({ spec })).to.deep.equal(expectedOf(list));
      expect(spec.containers.map(({ name }) => name)).to.deep.equal(list.map((_, index) => `c${index}`));
    });
  });

  it('twenty images in the init containers of a Pod, which run in their order', async () => {
    await inParallel(chunks(cases, 20), async (list) => {
      const initContainers = list.map(({ image }, index) => ({ name: `i${index}`, image }));
      const pod = podOf(['registry.example.org/main'], { initContainers });
      const { spec } = await dryRun(world().cluster.api, namespace, pod);
      expect(images({ spec })).to.deep.equal(['registry.example.org/main', ...expectedOf(list)]);
      expect(spec.initContainers?.map(({ name }) => name)).to.deep.equal(initContainers.map(({ name }) => name));
    });
  });

  it('twenty images in the volumes of a Pod', async () => {
    await inParallel(chunks(cases, 20), async (list) => {
      const volumes = list.map(({ image }, index) => ({ name: `v${index}`, image: { reference: image } }));
      const pod = podOf(['registry.example.org/main'], { volumes, automountServiceAccountToken: false });
      const { spec } = await dryRun(world().cluster.api, namespace, pod);
      expect(images({ spec })).to.deep.equal(['registry.example.org/main', ...expectedOf(list)]);
      expect(spec.volumes?.map(({ name }) => name)).to.deep.equal(volumes.map(({ name }) => name));
    });
  });

  it('twenty images spread over containers, init containers and volumes', async () => {
    await inParallel(chunks(cases, 20), async (list) => {
      const [containers = [], inits = [], rest = []] = chunks(list, 7);
      const initContainers = inits.map(({ image }, index) => ({ name: `i${index}`, image }));
      const volumes = rest.map(({ image }, index) => ({ name: `v${index}`, image: { reference: image } }));
      const pod = podOf(imagesOf(containers), { initContainers, volumes });
      expect(images(await dryRun(world().cluster.api, namespace, pod))).to.deep.equal(expectedOf(list));
    });
  });

  it('twenty new ephemeral containers of a Pod that is older than the policy', async () => {
    await inParallel(chunks(cases, 20), async (list) => {
      const response = await putEphemeral(world().cluster.api, older, imagesOf(list));
      expect(response.status, response.body).to.equal(200);
      expect(images(JSON.parse(response.body) as Pod)).to.deep.equal(['nginx', ...expectedOf(list)]);
    });
  });
});
