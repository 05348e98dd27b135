import { expect } from 'chai';
import { OPERATOR } from '../../../src/api/group.js';
import { ENGINE_KINDS } from '../../../src/engines/engines.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';

const none = { rewrite: { engine: 'None' } } as const;
const upstream = { type: 'docker-registry', url: 'https://registry.example.org' } as const;

const EVERY_POD = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['*'] };
const NOWHERE = { matchLabels: { no: 'such-namespace' } };

describe('Drift', function () {
  this.timeout(60_000);
  const world = useWorld();

  it('repairs the endpoint and the managed settings of the project, and leaves the rest as someone set it', async () => {
    const project = {
      public: true,
      storageQuota: '10Gi',
      maxUpstreamConnections: 20,
      preventVulnerable: { severity: 'high' },
    };
    await world().apply('edited', { ...none, upstream, project });
    await world().untilReady('edited');
    const endpoint = world().harbor.endpoint('edited');
    const there = world().harbor.project('edited');
    const quota = world().harbor.quotaOf('edited');
    expect(quota?.hard).to.equal(10 * 1024 ** 3);
    if (endpoint === undefined || there === undefined || quota === undefined) throw new Error('not there');
    endpoint.insecure = true;
    there.metadata.max_upstream_conn = '3';
    there.metadata.severity = 'low';
    there.metadata.auto_scan = 'true';
    quota.hard = 1;
    await world().reconcile('edited');
    await world().untilReady('edited');
    expect(world().harbor.endpoint('edited')?.insecure).to.equal(false);
    expect(world().harbor.project('edited')?.metadata).to.include({
      max_upstream_conn: '20',
      severity: 'high',
      auto_scan: 'true',
    });
    expect(world().harbor.quotaOf('edited')?.hard).to.equal(10 * 1024 ** 3);
  });

  it('costs nothing when nothing differs', async () => {
    world().harbor.resetCounts();
    await world().reconcile('edited');
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('keeps the retention that the user wants: days, or none at all, or whatever Harbor has', async () => {
    await world().apply('days', { ...none, upstream, project: { retention: { daysSinceLastPull: 30 } } });
    await world().apply('all', {
      ...none,
      upstream: { ...upstream, hosts: ['two.example.org'] },
      project: { retention: { keep: 'All' } },
    });
    await world().apply('whatever', { ...none, upstream: { ...upstream, hosts: ['three.example.org'] } });
    for (const name of ['days', 'all', 'whatever']) await world().untilReady(name);
    expect(JSON.stringify(world().harbor.retentionOf('days'))).to.include('30');
    expect(world().harbor.retentionOf('all')?.cron).to.equal('');
    expect(JSON.stringify(world().harbor.retentionOf('whatever'))).to.include('7');
  });

  it('makes a project that was deleted by hand again, on the endpoint that is still there', async () => {
    await world().apply('deleted', { ...none, upstream });
    await world().untilReady('deleted');
    const endpointId = world().harbor.endpoint('deleted')?.id;
    const project = world().harbor.project('deleted');
    if (project === undefined) throw new Error('not there');
    world().harbor.state.projects.delete(project.id);
    await world().reconcile('deleted');
    await world().untilReady('deleted');
    expect(world().harbor.project('deleted')?.registryId).to.equal(endpointId);
  });

  it('says what to do when the endpoint under a project is gone', async () => {
    await world().apply('orphaned', { ...none, upstream });
    await world().untilReady('orphaned');
    world().harbor.state.endpoints.delete(world().harbor.endpoint('orphaned')?.id ?? 0);
    await world().reconcile('orphaned');
    const stalled = await world().until('orphaned', 'Stalled', 'True', 'EndpointMissing');
    expect(stalled.message).to.include('spec.project.name');
  });

  it('carries a new url of the same host to Harbor, and is Stalled for another host', async () => {
    await world().apply('moved', { ...none, upstream });
    await world().untilReady('moved');
    await world().apply('moved', { ...none, upstream: { ...upstream, url: 'http://registry.example.org' } });
    await world().untilReady('moved');
    expect(world().harbor.endpoint('moved')?.url).to.equal('http://registry.example.org');
    world().harbor.resetCounts();
    await world().apply('moved', { ...none, upstream: { ...upstream, url: 'https://elsewhere.example.org' } });
    const stalled = await world().until('moved', 'Stalled', 'True', 'UpstreamChanged');
    expect(stalled.message).to.include('spec.project.name');
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('is Stalled when the type of the endpoint would have to change', async () => {
    await world().apply('retyped', { ...none, upstream });
    await world().untilReady('retyped');
    await world().apply('retyped', { ...none, upstream: { ...upstream, type: 'harbor' } });
    await world().until('retyped', 'Stalled', 'True', 'EndpointTypeChanged');
  });

  it('writes nothing while suspended, and says what it would', async () => {
    await world().apply('paused', { ...none, upstream });
    await world().untilReady('paused');
    await world().apply('paused', { ...none, upstream: { ...upstream, description: 'new' }, suspend: true });
    const ready = await world().until('paused', 'Ready', 'False', 'Suspended');
    expect(ready.message).to.include('description');
    expect(world().harbor.endpoint('paused')?.description).to.not.include('new');
    await world().apply('paused', { ...none, upstream: { ...upstream, description: 'new' } });
    await world().untilReady('paused');
    expect(world().harbor.endpoint('paused')?.description).to.include('new');
  });

  it('writes a policy again that was edited or deleted by hand', async () => {
    await world().apply('policed', { upstream: { type: 'quay' } });
    await world().untilReady('policed');
    await world().untilImage('quay.io/a/b:1', 'harbor.cache.test/policed/a/b:1');
    const name = (await world().get('policed')).status.policy?.name ?? '';
    await world().cluster.kubectl(['delete', 'clusterpolicy', name]);
    await world().untilImage('quay.io/a/b:1', 'harbor.cache.test/policed/a/b:1');
    const edit = '{"spec":{"rules":[]}}';
    await world().cluster.kubectl(['patch', 'clusterpolicy', name, '--type=merge', '-p', edit]);
    await eventually(async () => {
      const { stdout } = await world().cluster.kubectl([
        'get',
        'clusterpolicy',
        name,
        '-o',
        'jsonpath={.spec.rules[0].name}',
      ]);
      expect(stdout).to.not.equal('');
    });
    await world().untilImage('quay.io/a/b:1', 'harbor.cache.test/policed/a/b:1');
  });

  /** A mirror whose policy is in force. @returns the policy's name, and how to wait until Pods are sent through the mirror */
  const serve = async (
    mirror: string,
    engine: PolicyEngine,
  ): Promise<{ readonly name: string; readonly untilServed: () => Promise<void> }> => {
    const host = `${mirror}.example.org`;
    await world().apply(mirror, { upstream: { type: 'docker-registry', url: `https://${host}` }, rewrite: { engine } });
    await world().untilReady(mirror);
    const untilServed = async (): Promise<void> => {
      await world().untilImage(`${host}/a/b:1`, `harbor.cache.test/${mirror}/a/b:1`);
    };
    await untilServed();
    return { name: (await world().get(mirror)).status.policy?.name ?? '', untilServed };
  };
  const addByHand = async (kind: string, name: string, path: string, value: unknown): Promise<void> => {
    const edit = JSON.stringify([{ op: 'add', path, value }]);
    const { code, stderr } = await world().cluster.kubectl(['patch', kind, name, '--type=json', '-p', edit]);
    expect(code, stderr).to.equal(0);
  };

  const SWITCHES = [
    ['ClusterPolicy', 'ClusterPolicy', '/spec/rules/0/match/any/0/resources/names', ['none-*']],
    ['MutatingPolicy', 'MutatingPolicy', '/spec/matchConstraints/excludeResourceRules', [EVERY_POD]],
    ['MutatingPolicy', 'MutatingPolicy', '/spec/targetMatchConstraints', { resourceRules: [EVERY_POD] }],
    ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicy', '/spec/matchConstraints/excludeResourceRules', [EVERY_POD]],
    [
      'MutatingAdmissionPolicy',
      'MutatingAdmissionPolicyBinding',
      '/spec/matchResources',
      { namespaceSelector: NOWHERE },
    ],
  ] as const;
  for (const [engine, kind, path, value] of SWITCHES) {
    it(`takes ${path} out of a ${kind} that somebody has added, and that switches it off`, async () => {
      const { name, untilServed } = await serve(`off-${kind.toLowerCase()}`, engine);
      await addByHand(kind, name, path, value);
      const added = path.split('/').at(-1) ?? '';
      await eventually(async () => {
        const { stdout } = await world().cluster.kubectl(['get', kind, name, '-o', 'yaml']);
        expect(stdout).to.include(`kind: ${kind}`).and.not.include(`${added}:`);
      });
      await untilServed();
      const owners = await world().cluster.kubectl(['get', kind, name, '-o', 'yaml', '--show-managed-fields']);
      expect(owners.stdout).to.include(`manager: ${OPERATOR}`).and.not.include('manager: kubectl');
    });
  }

  it('writes a policy ever less often that a program changes each time, and says by whom', async () => {
    const rewrite = { engine: 'MutatingAdmissionPolicy', failurePolicy: 'Ignore' };
    await world().apply('contested', { upstream: { type: 'docker-registry', url: 'https://contested.test' }, rewrite });
    await world().untilReady('contested');
    const { kind = '', name = '' } = (await world().get('contested')).status.policy ?? {};
    const edit = JSON.stringify({ spec: { matchConstraints: { excludeResourceRules: [EVERY_POD] } } });
    const undo = ['patch', kind, name, '--type=merge', '--field-manager=tuner', '-p', edit];
    const over = new AbortController();
    const program = (async () => {
      while (!over.signal.aborted) await world().cluster.kubectl(undo);
    })();
    try {
      const { message } = await world().until('contested', 'Stalled', 'True', 'PolicyOverwritten');
      expect(message).to.include(`tuner changes or deletes the ${kind} ${name}`);
    } finally {
      over.abort();
      await program;
    }
    await world().untilReady('contested');
    await world().untilImage('contested.test/a/b:1', 'harbor.cache.test/contested/a/b:1');
  });

  for (const engine of ENGINE_KINDS) {
    it(`takes a condition out of a ${engine} that somebody has added, and that no Pod meets`, async () => {
      const { name, untilServed } = await serve(`switched-${engine.toLowerCase()}`, engine);
      const part = engine === 'ClusterPolicy' ? 'webhookConfiguration/' : '';
      // With a function that the admission policy lets the operator write nowhere: it has to get past what somebody else has written.
      const value = { name: 'added-by-hand', expression: 'request.name.lowerAscii() == "no-pod"' };
      await addByHand(engine, name, `/spec/${part}matchConditions/-`, value);
      await eventually(async () => {
        const { stdout } = await world().cluster.kubectl(['get', engine, name, '-o', 'yaml']);
        expect(stdout).to.include('matchConditions').and.not.include('added-by-hand');
      });
      await untilServed();
    });
  }
});
