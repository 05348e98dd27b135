import { expect } from 'chai';
import type { RegistryMirrorStatus } from '../../../src/api/registry-mirror.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn } from '../../harbor/index.js';
import { harborSecret } from '../../support/harbor-secret.js';
import { eventually } from '../../support/wait.js';
import type { LooseSpec } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const SECOND_HOST = 'second.cache.test';
const IMAGE = 'registry.example.org/app/web:1';
const NOTES = ['-n', 'default', '-o', 'jsonpath={.items[*].note}'];

describe('A mirror that moves to another Harbor', function () {
  this.timeout(180_000);
  const world = useBareWorld();
  /** What is left in a Harbor goes when no API server can send Pods there by the old policy any more. */
  const inTime = async (attempt: () => void | Promise<void>): Promise<void> =>
    eventually(attempt, { timeoutMs: 45_000 });
  let second: HarborStandIn;

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world().cluster.kubectl(args);
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  before(async () => {
    second = await startHarbor({ unmappedHealthy: true });
    // No controller makes one here, and no Pod is let in without.
    await world().cluster.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }]);
    await world().cluster.apply([
      harborSecret('second', second.addRobot('operator'), second.url),
      harborSecret(
        'first-again',
        world().harbor.addRobot('again'),
        world().harbor.url.replace('127.0.0.1', 'localhost'),
      ),
    ]);
  });
  after(async () => second.stop());

  const upstream = { type: 'docker-registry', url: 'https://registry.example.org' };
  const rewrite = { engine: 'MutatingAdmissionPolicy' };
  const spec: LooseSpec = { upstream, rewrite, deletionPolicy: 'Delete' };
  const none = { rewrite: { engine: 'None' } };
  const onSecond = { harbor: { url: '', pullHost: SECOND_HOST, credentialsSecretRef: { name: 'second' } } };
  const there = (more: LooseSpec = {}): LooseSpec => ({
    ...spec,
    harbor: { ...onSecond.harbor, url: second.url },
    ...more,
  });
  const status = async (name: string): Promise<RegistryMirrorStatus> => (await world().get(name)).status;
  const notes = async (name: string): Promise<string> =>
    kubectl('get', 'events.events.k8s.io', ...NOTES, `--field-selector=regarding.name=${name}`);
  const cache = (harbor: HarborStandIn, project: string): void => {
    const { repositories } = harbor.state;
    const time = new Date().toISOString();
    const common = { artifacts: [], pullCount: 1, createdAt: time, updatedAt: time };
    const projectId = harbor.project(project)?.id ?? 0;
    repositories.put({ id: repositories.nextId(), projectId, name: `${project}/app/web`, ...common });
  };

  it('serves from the old one until the new one is in force, and then takes the old project away', async () => {
    await world().apply('app', spec);
    await world().untilReady('app');
    cache(world().harbor, 'app');
    const before = `harbor.cache.test/app/app/web:1`;
    const after = `${SECOND_HOST}/app/app/web:1`;
    await world().untilImage(IMAGE, before);
    await world().apply('app', there());
    let image = before;
    while (image === before) {
      image = await world().imageOfNewPod(IMAGE);
      if (image === before) expect(world().harbor.project('app'), 'the old project').to.not.equal(undefined);
    }
    expect(image).to.equal(after);
    await inTime(() => {
      expect(world().harbor.endpoints()).to.deep.equal([]);
    });
    expect(world().harbor.project('app')).to.equal(undefined);
    await world().untilReady('app');
    await inTime(async () => {
      expect(await notes('app')).to.include(`The mirror has moved away from ${world().harbor.url}.`);
    });
    expect(await status('app')).to.not.have.property('formerHarbors');
    expect((await status('app')).harbor).to.include({ url: second.url, projectID: second.project('app')?.id });
  });

  it('leaves the old project as long as the policy that it moved out of has it, where other settings are changed at once', async () => {
    const own = { upstream: { ...upstream, url: 'https://both.example.org' } };
    await world().apply('both', { ...spec, ...own });
    await world().untilReady('both');
    await world().apply('both', there({ ...own, rewrite: { ...rewrite, failurePolicy: 'Ignore' } }));
    const seen: { readonly isGone: boolean; readonly isSentThere: boolean }[] = [];
    await inTime(async () => {
      const isGone = world().harbor.project('both') === undefined;
      const policies = await kubectl('get', 'mutatingadmissionpolicies', '-o', 'yaml');
      seen.push({ isGone, isSentThere: policies.includes('harbor.cache.test/both') });
      expect(isGone).to.equal(true);
    });
    expect(seen).to.deep.include({ isGone: false, isSentThere: true });
    expect(seen).to.not.deep.include({ isGone: true, isSentThere: true });
    await kubectl('delete', 'registrymirror', 'both', '--timeout=45s');
  });

  it('goes on while the old one is down, says what is still to do, and does it once it is back', async () => {
    await second.down();
    await world().apply('app', spec);
    const open = await world().until('app', 'FormerHarborsRetired', 'False', 'HarborUnreachable', 45_000);
    expect(open.message).to.include(`Project app in ${second.url} is still to be deleted`).and.include('Retain');
    expect((await world().condition('app', 'Ready'))?.status).to.equal('True');
    await world().untilImage(IMAGE, 'harbor.cache.test/app/app/web:1');
    expect((await status('app')).formerHarbors).to.deep.equal([
      { url: second.url, projectName: 'app', credentialsSecretRef: { name: 'second' } },
    ]);
    await world().killOperator();
    await second.up();
    await world().startOperator();
    await inTime(() => {
      expect(second.endpoints()).to.deep.equal([]);
    });
    await inTime(async () => {
      expect(await status('app')).to.not.have.property('formerHarbors');
    });
    expect(await world().condition('app', 'FormerHarborsRetired')).to.equal(undefined);
  });

  it('takes both away when it is deleted, and waits for the one that is down', async () => {
    await world().apply('app', there(none));
    await world().untilReady('app');
    await inTime(async () => {
      expect(await status('app')).to.not.have.property('formerHarbors');
    });
    await second.down();
    await world().apply('app', { ...spec, ...none });
    await world().until('app', 'FormerHarborsRetired', 'False', undefined, 45_000);
    await kubectl('delete', 'registrymirror', 'app', '--wait=false');
    const waiting = await world().until('app', 'Ready', 'False', 'HarborUnreachable', 45_000);
    expect(waiting.message).to.include(second.url).and.include('abandon');
    expect(world().harbor.endpoints()).to.deep.equal([]);
    await kubectl('annotate', 'registrymirror', 'app', 'registrymirror.io/abandon=true');
    await kubectl('wait', '--for=delete', 'registrymirror/app', '--timeout=20s');
    expect(await notes('app')).to.include(`project app and its endpoint in ${second.url} (abandoned)`);
    await second.up();
  });

  it('leaves the old project with deletionPolicy Retain, and says so', async () => {
    const retain = { deletionPolicy: 'Retain', ...none };
    await world().apply('kept', { ...spec, ...retain });
    await world().untilReady('kept');
    const old = world().harbor.project('kept')?.id;
    world().harbor.resetCounts();
    await world().apply('kept', there(retain));
    await world().untilReady('kept');
    expect((await status('kept')).pullPrefix).to.equal(`${SECOND_HOST}/kept`);
    await inTime(async () => {
      expect(await notes('kept')).to.include(`project kept and its endpoint in ${world().harbor.url} (Retain)`);
    });
    expect(world().harbor.writes()).to.deep.equal([]);
    expect(world().harbor.project('kept')?.id).to.equal(old);
    await world().delete('kept');
  });

  it('leaves nothing behind where it is moved on before its status says where it was', async () => {
    const moves: Promise<void>[] = [];
    const end = second.afterWrite(({ route }) => {
      if (route === '/projects' && moves.length === 0) moves.push(world().apply('early', spec));
    });
    try {
      await world().apply('early', there());
      await world().until('early', 'Ready', 'True');
      await inTime(async () => {
        expect((await status('early')).harbor?.url).to.equal(world().harbor.url);
      });
    } finally {
      end();
    }
    await Promise.all(moves);
    expect(moves).to.have.length(1);
    await inTime(() => {
      expect(second.endpoint('early')).to.equal(undefined);
      expect(second.project('early')).to.equal(undefined);
    });
    await world().untilReady('early');
    expect(await status('early')).to.not.have.property('formerHarbors');
    await world().delete('early');
  });

  /** Applies this, and kills the operator when its project is made in that Harbor: no status tells of it. */
  const killedAfterProject = async (harbor: HarborStandIn, name: string, wanted: LooseSpec): Promise<void> => {
    const killed = Promise.withResolvers<undefined>();
    const end = harbor.afterWrite(async ({ route }) => {
      if (route !== '/projects') return;
      await world().killOperator();
      killed.resolve(undefined);
    });
    try {
      await world().apply(name, wanted);
      await killed.promise;
    } finally {
      end();
    }
    expect(harbor.project(name)).to.not.equal(undefined);
  };

  it('leaves nothing behind where the operator is killed before the first status says where it was', async () => {
    await killedAfterProject(second, 'killed', there());
    expect(await status('killed')).to.not.have.property('harbor');
    await world().apply('killed', spec);
    await world().startOperator();
    await world().untilReady('killed');
    await inTime(async () => {
      expect(await notes('killed')).to.include(`The mirror has moved away from ${second.url}.`);
      expect(await status('killed')).to.not.have.property('formerHarbors');
    });
    expect([second.endpoint('killed'), second.project('killed')]).to.deep.equal([undefined, undefined]);
    await world().delete('killed');
  });

  it('leaves nothing behind where it was moved twice, and the operator was killed in between', async () => {
    await world().apply('back', spec);
    await world().untilReady('back');
    await killedAfterProject(second, 'back', there());
    await world().apply('back', spec);
    await world().startOperator();
    await inTime(() => {
      expect([second.endpoint('back'), second.project('back')]).to.deep.equal([undefined, undefined]);
    });
    await world().untilReady('back');
    expect(world().harbor.project('back')).to.not.equal(undefined);
    await world().delete('back');
  });

  it('takes away, when it is deleted, what it was killed over before its first status', async () => {
    await killedAfterProject(second, 'gone', there());
    await world().apply('gone', { ...spec, suspend: true });
    await kubectl('delete', 'registrymirror', 'gone', '--wait=false');
    await world().startOperator();
    await kubectl('wait', '--for=delete', 'registrymirror/gone', '--timeout=30s');
    expect([second.endpoint('gone'), second.project('gone')]).to.deep.equal([undefined, undefined]);
  });

  it('never deletes what it left on purpose, with Retain, before its first status', async () => {
    await killedAfterProject(second, 'spared', there());
    await world().apply('spared', { ...spec, deletionPolicy: 'Retain' });
    await world().startOperator();
    await world().untilReady('spared');
    await inTime(async () => {
      expect(await notes('spared')).to.include(`project spared and its endpoint in ${second.url} (Retain)`);
    });
    await world().killOperator();
    await world().startOperator();
    await world().apply('spared', spec);
    await world().untilReady('spared');
    // Which takes away all that is to go, everywhere.
    await world().delete('spared');
    expect(world().harbor.project('spared')).to.equal(undefined);
    expect(second.project('spared')).to.not.equal(undefined);
  });

  it('is done with a url that was mistyped beside a Secret that was missing: nothing was made there', async () => {
    const harbor = { url: 'http://127.0.0.1:9', pullHost: SECOND_HOST, credentialsSecretRef: { name: 'late' } };
    await world().apply('typo', { ...spec, ...none, harbor });
    await world().until('typo', 'Ready', 'False', 'SecretNotFound');
    await world().cluster.apply([harborSecret('late', second.addRobot('late'), second.url)]);
    await world().apply('typo', { ...spec, ...none, harbor: { ...harbor, url: second.url } });
    await world().untilReady('typo');
    expect(await status('typo')).to.not.have.property('formerHarbors');
    await world().delete('typo');
    expect([second.endpoint('typo'), second.project('typo')]).to.deep.equal([undefined, undefined]);
  });

  it('takes its project away, too, where it stood still over a name that is somebody else’s', async () => {
    await world().apply('owner', { ...spec, ...none });
    await world().untilReady('owner');
    await world().apply('still', { ...spec, ...none });
    await world().untilReady('still');
    await world().apply('still', { ...spec, ...none, project: { name: 'owner' } });
    await world().until('still', 'Ready', 'False');
    await world().apply('still', there(none));
    await inTime(() => {
      expect(world().harbor.project('still')).to.equal(undefined);
    });
    expect(world().harbor.project('owner')).to.not.equal(undefined);
    await world().untilReady('still');
    await world().delete('still');
    await world().delete('owner');
  });

  it('deletes nothing where the new url is another name of the same Harbor', async () => {
    await world().apply('same', { ...spec, ...none });
    await world().untilReady('same');
    world().harbor.resetCounts();
    const url = world().harbor.url.replace('127.0.0.1', 'localhost');
    const harbor = { url, pullHost: 'harbor.cache.test', credentialsSecretRef: { name: 'first-again' } };
    await world().apply('same', { ...spec, ...none, harbor });
    await world().untilReady('same');
    await inTime(async () => {
      expect(await notes('same')).to.include(`The mirror has moved away from ${world().harbor.url}.`);
    });
    expect((await status('same')).harbor?.url).to.equal(url);
    expect(world().harbor.writes()).to.deep.equal([]);
    expect(world().harbor.project('same')).to.not.equal(undefined);
    await world().delete('same');
    expect(world().harbor.project('same')).to.equal(undefined);
  });

  it('leaves what is in a Harbor that the operator has no login for any more, and says so', async () => {
    await world().apply('moved', { ...spec, ...none });
    await world().untilReady('moved');
    const { url } = world().harbor;
    await world().killOperator();
    const { username, password } = second.addRobot('own');
    const env = { HARBOR_URL: second.url, HARBOR_USERNAME: username, HARBOR_PASSWORD: password };
    await world().startOperator({ env });
    await inTime(async () => {
      expect(await notes('moved')).to.include(`in ${url} (the operator has no login for it)`);
    });
    expect(world().harbor.project('moved')).to.not.equal(undefined);
    expect(second.project('moved')).to.not.equal(undefined);
    await world().delete('moved');
  });
});
