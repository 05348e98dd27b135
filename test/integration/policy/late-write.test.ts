import { expect } from 'chai';
import { ApiStatusError } from '../../cluster/api.js';
import { startApiProxy } from '../../cluster/api-proxy.js';
import type { ApiProxy, ProxiedRequest } from '../../cluster/api-proxy.js';
import type { IncomingCall } from '../../harbor/faults.js';
import { newPod } from '../../support/new-pod.js';
import { NAMESPACE, SERVICE_ACCOUNT } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';

/** A write of a policy that has not come to the API server yet. */
interface HeldWrite {
  /** The policy's name. */
  readonly policy: string;
  /** Lets it come there, although whoever sent it may have given it up long since. Resolves to the API server's answer. */
  readonly letGo: () => Promise<number>;
}

/** What became of new Pods meanwhile. */
interface Sent {
  readonly images: readonly string[];
  /** How many were sent to a project that was there neither before nor after. */
  readonly toNoProject: number;
}

const imageOf = (mirror: string): string => `${mirror}.example.org/a/b:1`;
const cachedBy = (mirror: string): string => `${PULL_HOST}/${mirror}/a/b:1`;

describe('A write of a policy that takes long', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });
  let proxy: ApiProxy;
  const letGoBefore = new Set<ProxiedRequest>();

  before(async () => {
    proxy = await startApiProxy(world().cluster);
    const kubeconfig = await world().cluster.serviceAccountKubeconfig(NAMESPACE, SERVICE_ACCOUNT);
    await world().startOperator({ kubeconfig: await proxy.kubeconfigFor(kubeconfig) });
  });
  after(async () => {
    await world().killOperator();
    await proxy.stop();
  });

  const projectOf = (mirror: string): unknown => world().harbor.project(mirror);

  /** Mirrors that the operator hears of at once, each with the failurePolicy that is given. */
  async function apply(mirrors: Readonly<Record<string, 'Fail' | 'Ignore'>>): Promise<void> {
    const objects = Object.entries(mirrors).map(([name, failurePolicy]) => ({
      apiVersion: 'registrymirror.io/v1alpha1',
      kind: 'RegistryMirror',
      metadata: { name },
      spec: {
        upstream: { type: 'docker-registry', url: `https://${name}.example.org` },
        rewrite: { failurePolicy },
        deletionPolicy: 'Delete',
      },
    }));
    await world().cluster.apply(objects);
  }

  /** Resolves when the next write of a ClusterPolicy is on its way. */
  async function holdNext(): Promise<HeldWrite> {
    const isWrite = ({ method, path }: ProxiedRequest): boolean =>
      method === 'PATCH' && path.includes('/clusterpolicies/');
    const begun = Promise.withResolvers<HeldWrite>();
    const answered = Promise.withResolvers<number>();
    const go = Promise.withResolvers<undefined>();
    let held: ProxiedRequest | undefined;
    const endHolding = proxy.onRequest(async (request) => {
      if (held !== undefined || !isWrite(request) || letGoBefore.has(request)) return undefined;
      held = request;
      letGoBefore.add(request);
      const { metadata } = JSON.parse(request.body) as { metadata: { name: string } };
      const letGo = async (): Promise<number> => {
        go.resolve(undefined);
        return await answered.promise;
      };
      begun.resolve({ policy: metadata.name, letGo });
      await go.promise;
      endHolding();
      return undefined;
    });
    const endListening = proxy.afterResponse((request, status) => {
      if (request !== held) return undefined;
      endListening();
      answered.resolve(status);
      return undefined;
    });
    return await begun.promise;
  }

  /** Creates Pods with an image of the mirror's, one after the other, while something happens. */
  async function podsDuring(mirror: string, event: () => Promise<void>): Promise<Sent> {
    const over = new AbortController();
    const images = new Set<string>();
    let toNoProject = 0;
    const stream = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const before = projectOf(mirror);
        const image = await imageOrRefusal(mirror);
        images.add(image);
        if (image === cachedBy(mirror) && before === undefined && projectOf(mirror) === undefined) toNoProject += 1;
      }
    };
    const end = (): void => {
      over.abort();
    };
    await Promise.all([stream(), event().finally(end)]);
    return { images: [...images], toNoProject };
  }

  /** Kyverno may refuse Pods that come for a policy which somebody has just deleted. */
  async function imageOrRefusal(mirror: string): Promise<string> {
    try {
      return (await newPod(world(), 'default', imageOf(mirror))).image ?? '';
    } catch (error) {
      if (!(error instanceof ApiStatusError)) throw error;
      return 'refused';
    }
  }

  it('is refused where it comes after the policy was deleted and written anew, although its mirror and the project are gone', async () => {
    await apply({ first: 'Fail' });
    await world().untilReady('first');
    await world().untilImage(imageOf('first'), cachedBy('first'));
    const sent = await podsDuring('first', async () => {
      const holding = holdNext();
      await apply({ second: 'Fail' });
      const { policy, letGo } = await holding;
      await world().cluster.kubectl(['delete', 'clusterpolicy', policy]);
      // Until the operator has given the write up, which has the mirror in it, it doesn't count as out.
      await world().delete('first');
      expect(projectOf('first')).to.equal(undefined);
      await world().untilReady('second');
      expect(await letGo()).to.equal(409);
      await world().delete('second');
    });
    expect(sent.toNoProject).to.equal(0);
    expect(sent.images).to.include.members([cachedBy('first'), imageOf('first')]);
  });

  it('is not followed by that of another policy whose mirror was deleted and made anew meanwhile', async () => {
    const first = holdNext();
    await apply({ zero: 'Fail' });
    const { letGo: goOn } = await first;
    // What is decided while a write is under way is planned together.
    await apply({ one: 'Fail', other: 'Ignore' });
    const isLookedAt = (name: string): boolean =>
      world()
        .operator.log()
        .some(({ mirror, outcome }) => mirror === name && outcome === 'success');
    await eventually(() => expect(['one', 'other'].filter(isLookedAt)).to.have.length(2));
    const second = holdNext();
    await goOn();
    const { policy, letGo } = await second;
    expect(policy).to.equal('registry-mirrors');
    await world().delete('other');
    expect(projectOf('other')).to.equal(undefined);
    // Until its look is over, nothing is decided of the new one.
    const isLook = ({ method, route }: IncomingCall): boolean => method === 'POST' || route.startsWith('/registries');
    const fault = world().harbor.inject(isLook, { kind: 'delay', ms: 8000 }, 100);
    await apply({ other: 'Ignore' });
    await eventually(() => expect(fault.hits).to.be.greaterThan(0));
    const sent = await podsDuring('other', async () => {
      await letGo();
      await world().untilImage(imageOf('one'), cachedBy('one'));
      const { stdout: policies } = await world().cluster.kubectl(['get', 'clusterpolicies', '-o', 'yaml']);
      expect(policies).to.include(`${PULL_HOST}/one`).and.not.include(`${PULL_HOST}/other`);
      world().harbor.clearFaults();
      await world().untilReady('other');
    });
    expect(sent.toNoProject).to.equal(0);
  });
});
