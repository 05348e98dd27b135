import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { namespacesWithCopy, pullSecrets } from './pulling.js';
import { newPod } from '../../support/new-pod.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const spec = {
  upstream: { type: 'docker-registry', url: 'https://team.example.org' },
  project: { public: false },
  rewrite: { pullSecret: 'Inject', namespaceSelector: { matchLabels: { refusing: 'yes' } } },
};
const IMAGE = 'team.example.org/app/web:1';
const REWRITTEN = 'harbor.cache.test/team/app/web:1';

describe('A namespace that does not take a pull Secret', function () {
  this.timeout(60_000);
  const world = useWorld({ harbor: { unmappedHealthy: true } });
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world().cluster.kubectl([...args]);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const untilNoWarning = async (): Promise<void> => {
    await eventually(async () => {
      expect(await world().condition('team', 'PullSecretsSpread')).to.equal(undefined);
    });
  };

  before(async () => {
    await kubectl('apply', '-k', component);
    await kubectl('create', 'namespace', 'pull-free');
    await kubectl('label', 'namespace', 'pull-free', 'refusing=yes');
    await world().apply('team', spec);
    await world().until('team', 'Ready', 'True', undefined, 45_000);
  });
  after(async () => {
    await kubectl('delete', 'namespace', '-l', 'refusing', '--wait=false');
    await kubectl('delete', '-k', component);
  });

  it('touches no Secret of somebody else, says where it is, and goes on everywhere else', async () => {
    const secrets = await pullSecrets(world());
    const mine = secrets.find(({ metadata }) => metadata.annotations?.['registrymirror.io/mirror'] === 'team');
    const name = mine?.metadata.name ?? 'none';
    await world().cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'pull-taken' } },
      { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'pull-taken' }, stringData: { mine: 'yes' } },
    ]);
    await kubectl('label', 'namespace', 'pull-taken', 'refusing=yes');
    const warning = await world().until('team', 'PullSecretsSpread', 'False', 'PullSecretConflict');
    expect(warning.message).to.include(`pull-taken/${name}`);
    expect(await world().condition('team', 'Ready')).to.include({ status: 'True' });
    expect((await newPod(world(), 'pull-free', IMAGE)).image).to.equal(REWRITTEN);
    expect(await kubectl('get', 'secret', name, '-n', 'pull-taken', '-o', 'jsonpath={.data}')).to.equal(
      `{"mine":"${Buffer.from('yes').toString('base64')}"}`,
    );
    await kubectl('delete', 'secret', name, '-n', 'pull-taken');
    await world().reconcile('team');
    await untilNoWarning();
    expect(await namespacesWithCopy(world())).to.deep.equal(['pull-free', 'pull-taken']);
    await untilNoWarning();
    await kubectl('delete', 'namespace', 'pull-taken');
  });

  it('serves with what other namespaces take where a quota refuses the Secret', async () => {
    await kubectl('create', 'namespace', 'pull-quota');
    await kubectl('create', 'quota', 'tight', '-n', 'pull-quota', '--hard=count/secrets=0');
    // What the controller of quotas would do, which doesn't run here.
    const status = JSON.stringify({ status: { hard: { 'count/secrets': '0' }, used: { 'count/secrets': '0' } } });
    await kubectl('patch', 'quota', 'tight', '-n', 'pull-quota', '--subresource=status', '--type=merge', '-p', status);
    await eventually(async () => {
      const probe = ['create', 'secret', 'generic', 'probe', '-n', 'pull-quota', '--dry-run=server'];
      expect((await world().cluster.kubectl(probe)).stderr).to.include('exceeded quota');
    });
    await kubectl('label', 'namespace', 'pull-quota', 'refusing=yes');
    const warning = await world().until('team', 'PullSecretsSpread', 'False', 'PullSecretRefused');
    expect(warning.message).to.include('pull-quota/').and.include('quota');
    // Another mirror comes, and is served: nothing is held up.
    await world().apply('late', { ...spec, upstream: { type: 'docker-registry', url: 'https://late.example.org' } });
    await world().untilReady('late');
    expect((await newPod(world(), 'pull-free', 'late.example.org/app:1')).image).to.equal(
      'harbor.cache.test/late/app:1',
    );
    await world().delete('late');
    await kubectl('delete', 'namespace', 'pull-quota');
    await untilNoWarning();
  });

  it('leaves no Secret behind when the mirror goes', async () => {
    await world().delete('team');
    expect(await pullSecrets(world())).to.deep.equal([]);
  });
});
