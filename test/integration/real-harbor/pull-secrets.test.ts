import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Robot } from '../../../src/harbor/types.js';
import { NAMESPACE } from '../../support/operator.js';
import { pull, PullRefusedError } from '../../support/pull.js';
import type { PullLogin } from '../../support/pull.js';
import { eventually } from '../../support/wait.js';
import { loginFor, pullSecrets } from '../pull-secrets/pulling.js';
import { newPod } from '../../support/new-pod.js';
import { harborName, ROBOTS_OF_ROBOTS } from './harbor-under-test.js';
import { describeSince } from './left-out.js';
import { useStage } from './stage.js';

const component = fileURLToPath(new URL('../../../config/components/pull-secrets/', import.meta.url));
const PART = 'private';

describeSince(ROBOTS_OF_ROBOTS, `A private project in ${harborName}, whose Pods are given a pull Secret`, function () {
  this.timeout(180_000);
  const stage = useStage();
  let namespace: string;

  const rewrite = (): object => ({
    engine: 'MutatingAdmissionPolicy',
    pullSecret: 'Inject',
    namespaceSelector: { matchLabels: { team: stage().name('team') } },
  });
  const spec = (project: object): Record<string, unknown> => ({ project, rewrite: rewrite() });
  const robots = async (): Promise<readonly Robot[]> => {
    const project = await stage().harbor.client.findProject(stage().name(PART));
    return stage().harbor.client.listProjectRobots(project?.id ?? 0);
  };
  /** What a new Pod is given: its image, and the login that a node finds for it in the Pod's Secrets. */
  const given = async (): Promise<{ readonly image: string; readonly login: PullLogin | undefined }> => {
    const { image = '', secrets } = await newPod(stage(), namespace, stage().image(PART));
    const there = (await pullSecrets(stage())).find(
      ({ metadata }) => metadata.namespace === namespace && secrets.includes(metadata.name),
    );
    return { image, login: there && loginFor(image, there) };
  };
  const pullStatus = async (image: string, login?: PullLogin): Promise<number> => {
    try {
      await pull(stage().harbor.url, image, login);
      return 200;
    } catch (error) {
      if (error instanceof PullRefusedError) return error.status;
      throw error;
    }
  };
  /** Waits until a new Pod is given another login than this one. */
  const untilOtherLogin = async (old: PullLogin | undefined): Promise<PullLogin> =>
    eventually(
      async () => {
        const { login } = await given();
        if (login === undefined || login.password === old?.password)
          throw new Error(`it is ${login?.username ?? 'none'}`);
        return login;
      },
      { timeoutMs: 30_000, message: 'new Pods to be given another login' },
    );

  before(async () => {
    await stage().cluster.kubectl(['apply', '-k', component]);
    namespace = await stage().cluster.createNamespace({ team: stage().name('team') });
    await stage().serve(PART, spec({ public: false }));
  });
  after(async () => {
    await stage().cluster.kubectl(['delete', '-k', component]);
  });

  it('is pulled from with those very credentials, and with no others', async () => {
    const login = await untilOtherLogin(undefined);
    const { image } = await given();
    expect(await pullStatus(image, login)).to.equal(200);
    expect(await pullStatus(image)).to.equal(401);
    expect(await pullStatus(image, { ...login, password: 'Not-the-password-1' })).to.equal(401);
  });

  it('gives a login that is good for this project and for nothing else', async () => {
    const [robot, ...others] = await robots();
    expect(others).to.deep.equal([]);
    expect(robot?.permissions).to.deep.equal([
      { kind: 'project', namespace: stage().name(PART), access: [{ resource: 'repository', action: 'pull' }] },
    ]);
    const other = stage().name('not-theirs');
    const registryId = (await stage().harbor.client.findEndpoint(stage().name(PART)))?.id ?? 0;
    await stage().harbor.client.createProject({ name: other, registryId, metadata: { public: 'false' } });
    const { image, login } = await given();
    expect(await pullStatus(image.replace(stage().name(PART), other), login)).to.equal(401);
  });

  it('costs nothing once it is there', async () => {
    await stage().mirrors.reconcile(stage().name(PART));
    stage().gate.forget();
    await stage().mirrors.reconcile(stage().name(PART));
    expect(stage().gate.writes).to.deep.equal([]);
  });

  it('changes robots before the old one expires, and both logins work meanwhile', async () => {
    const { image, login: old } = await given();
    const [robot] = await robots();
    await stage().harbor.updateRobot(robot?.id ?? 0, { duration: 9 });
    await stage().mirrors.reconcile(stage().name(PART));
    const login = await untilOtherLogin(old);
    expect(await robots()).to.have.length(2);
    expect([await pullStatus(image, old), await pullStatus(image, login)]).to.deep.equal([200, 200]);
  });

  it('deletes the old robot once nobody can be using it any more', async () => {
    const own = (await pullSecrets(stage())).find(({ metadata }) => metadata.namespace === NAMESPACE);
    const record = JSON.parse(own?.metadata.annotations?.['registrymirror.io/pull-robot'] ?? '') as {
      issuedAt: number;
    };
    const older = JSON.stringify({ ...record, issuedAt: record.issuedAt - 3_600_000 });
    await stage().cluster.kubectl([
      ...['annotate', 'secret', own?.metadata.name ?? '', `registrymirror.io/pull-robot=${older}`, '--overwrite'],
      ...['-n', NAMESPACE],
    ]);
    await stage().mirrors.reconcile(stage().name(PART));
    await eventually(async () => {
      expect(await robots()).to.have.length(1);
    });
    const { image, login } = await given();
    expect(await pullStatus(image, login)).to.equal(200);
  });

  for (const [what, act] of [
    ['deleted', (id: number) => stage().harbor.client.deleteRobot(id)],
    ['disabled', (id: number) => stage().harbor.updateRobot(id, { disable: true })],
  ] as const) {
    it(`makes a robot anew that somebody ${what}`, async () => {
      const { image, login: old } = await given();
      const [robot] = await robots();
      await act(robot?.id ?? 0);
      expect(await pullStatus(image, old)).to.equal(401);
      await stage().mirrors.reconcile(stage().name(PART));
      expect(await pullStatus(image, await untilOtherLogin(old))).to.equal(200);
    });
  }

  it('goes to a new project without a Pod in between that could not pull', async () => {
    const moved = stage().name('private-moved');
    await stage().mirrors.apply(stage().name(PART), stage().spec(PART, spec({ public: false, name: moved })));
    await eventually(
      async () => {
        const { image, login } = await given();
        // Each Pod on the way is looked at once: a retry would hide one that can't pull.
        const status = await pullStatus(image, login);
        if (status !== 200) refused.push(`${image} ${status}`);
        expect(image).to.include(`/${moved}/`);
      },
      { timeoutMs: 60_000, intervalMs: 10 },
    );
    expect(refused).to.deep.equal([]);
    await stage().mirrors.untilReady(stage().name(PART));
  });
  const refused: string[] = [];

  it('takes Secrets and robots away with the mirror', async () => {
    await stage().mirrors.delete(stage().name(PART));
    expect(await pullSecrets(stage())).to.deep.equal([]);
    await eventually(async () => {
      expect(await stage().harbor.client.findProject(stage().name('private-moved'))).to.equal(undefined);
    });
  });
});
