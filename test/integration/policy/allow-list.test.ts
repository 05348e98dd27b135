import { expect } from 'chai';
import { manifestsOf } from '../../support/documented.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { create, dryRun, images, podOf, putEphemeral } from './pod.js';
import type { Pod } from './pod.js';
import { SERVED_ENGINES } from './served.js';

const PAGE = 'docs/how-to/image-policies.md';
const FOREIGN = 'ghcr.io/x/y:1';
const OTHER_PROJECT = `${PULL_HOST}/registry-k8s-io/pause:3.10`;
const CACHED = `${PULL_HOST}/dockerhub/library/nginx`;

/** The manifest below a heading of the page, as a reader fills it in. */
function documented(heading: string): string {
  return manifestsOf(PAGE, heading).join('---\n').replaceAll('harbor.example.org', PULL_HOST);
}

// The page has version v1 of these kinds, and Kyverno has that where it can do MutatingPolicies.
if (SERVED_ENGINES.includes('MutatingPolicy')) {
  describe('The allow list on the page about policies that look at images', function () {
    this.timeout(60_000);
    const world = useWorld();
    let early: Pod;

    const admit = async (image: string, spec: object = {}, metadata: object = {}): Promise<readonly string[]> =>
      images(await dryRun(world().cluster.api, 'default', podOf([image], spec, metadata)));

    async function refuse(pod: Pod, image: string): Promise<void> {
      const path = '/api/v1/namespaces/default/pods?dryRun=All';
      const { status, body } = await world().cluster.api.send('POST', path, pod);
      expect(status, body).to.be.within(400, 499);
      expect(body).to.include(`not in the list of allowed images: ${image}`);
    }

    before(async () => {
      early = await create(world().cluster.api, 'default', podOf([FOREIGN]));
      await world().apply('dockerhub', { upstream: { type: 'docker-hub' } });
      await world().apply('quay', { upstream: { type: 'quay' }, rewrite: { engine: SERVED_ENGINES.at(-1) } });
      const url = 'https://registry.k8s.io';
      await world().apply('registry-k8s-io', { upstream: { type: 'docker-registry', url } });
      for (const name of ['dockerhub', 'quay', 'registry-k8s-io']) await world().untilReady(name);
      await world().untilImage('nginx', CACHED);
      await world().untilImage('quay.io/a/b:1', `${PULL_HOST}/quay/a/b:1`);
      await world().untilImage('registry.k8s.io/pause:3.10', OTHER_PROJECT);
      await world().cluster.apply(documented('Allow lists'));
      await eventually(() => refuse(podOf([FOREIGN]), FOREIGN), { timeoutMs: 30_000 });
    });
    after(async () => {
      await world().cluster.kubectl(['delete', 'validatingpolicies.policies.kyverno.io', 'allowed-images']);
      await world().cluster.kubectl(['delete', 'pod', early.metadata.name, '--wait=false']);
      await eventually(() => admit(FOREIGN), { timeoutMs: 30_000 });
    });

    it('takes a Pod by its new name, whatever engine has rewritten it', async () => {
      expect(await admit('nginx')).to.deep.equal([CACHED]);
      expect(await admit('quay.io/a/b:1')).to.deep.equal([`${PULL_HOST}/quay/a/b:1`]);
      expect(await admit(`${CACHED}:1.29`)).to.deep.equal([`${CACHED}:1.29`]);
      expect(await admit('registry.example.org/a:1')).to.deep.equal(['registry.example.org/a:1']);
    });

    it('takes a Deployment, whose template keeps the old name', async () => {
      const command = ['create', 'deployment', 'web', '--image=nginx', '--dry-run=server'];
      const { code, stderr } = await world().cluster.kubectl([...command, '-o', 'jsonpath={..image}']);
      expect(code, stderr).to.equal(0);
    });

    it('refuses an image of another host, wherever it stands in the Pod', async () => {
      await refuse(podOf(['nginx', FOREIGN]), FOREIGN);
      await refuse(podOf(['nginx'], { initContainers: [{ name: 'i', image: FOREIGN }] }), FOREIGN);
      await refuse(podOf(['nginx'], { volumes: [{ name: 'v', image: { reference: FOREIGN } }] }), FOREIGN);
    });

    it('refuses a project that is not in it, written by hand or by a mirror, and one whose name only begins as one that is', async () => {
      await refuse(podOf([OTHER_PROJECT]), OTHER_PROJECT);
      await refuse(podOf(['registry.k8s.io/pause:3.10']), OTHER_PROJECT);
      const similar = `${PULL_HOST}/dockerhub-of-somebody/nginx`;
      await refuse(podOf([similar]), similar);
    });

    it('refuses a Pod that is not rewritten, by its label or for its own pull secret', async () => {
      await refuse(podOf(['nginx'], {}, { labels: { 'registrymirror.io/rewrite': 'disabled' } }), 'nginx');
      await refuse(podOf(['nginx'], { imagePullSecrets: [{ name: 'mine' }] }), 'nginx');
    });

    it('refuses another image for a Pod that is there, and an ephemeral container', async () => {
      const { api } = world().cluster;
      const patch = { spec: { containers: [{ name: 'c0', image: 'ghcr.io/x/z:1' }] } };
      const path = `/api/v1/namespaces/default/pods/${early.metadata.name}?dryRun=All`;
      const type = 'application/strategic-merge-patch+json';
      const updated = await api.send('PATCH', path, patch, type);
      expect(updated.status, updated.body).to.be.within(400, 499);
      expect(updated.body).to.include('not in the list of allowed images: ghcr.io/x/z:1');
      const debugged = await putEphemeral(api, early, ['ghcr.io/x/debug:1']);
      expect(debugged.status, debugged.body).to.be.within(400, 499);
      expect(debugged.body).to.include('not in the list of allowed images: ghcr.io/x/debug:1');
      expect((await putEphemeral(api, early, ['busybox'])).status).to.equal(200);
    });

    it('lets a Pod from before it be labelled', async () => {
      const path = `/api/v1/namespaces/default/pods/${early.metadata.name}?dryRun=All`;
      const patch = { metadata: { labels: { seen: 'true' } } };
      await world().cluster.api.json('PATCH', path, patch, 'application/merge-patch+json');
    });

    it('stands beside an example for signatures that the API server and Kyverno take', async () => {
      const said = await world().cluster.apply(documented('Signatures'), ['--dry-run=server']);
      expect(said).to.include('imagevalidatingpolicy.policies.kyverno.io/signed-images created');
    });
  });
}
