import { expect } from 'chai';
import type { KubeConfig } from '@kubernetes/client-node';
import operatorModule from '@dot-i/k8s-operator';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { loadConfig } from '../../../src/config/config.js';
import { createMetrics } from '../../../src/http/metrics.js';
import { isKubernetesError } from '../../../src/kubernetes/errors.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';
import type { Log } from '../../../src/log.js';
import { RegistryMirrorOperator } from '../../../src/controller/operator.js';
import { eventually } from '../../support/wait.js';
import { StubApiServer } from '../kubernetes/stub-api-server.js';

const MIRRORS = '/apis/registrymirror.io/v1alpha1/registrymirrors';
const QUICK = { timeoutMs: 4000, intervalMs: 5 };

const nothing = (): void => undefined;
const silent: Log = { error: nothing, warn: nothing, info: nothing, debug: nothing, with: () => silent };

function configured(): ConstructorParameters<typeof RegistryMirrorOperator>[0]['config'] {
  const env = { HARBOR_URL: 'https://harbor.example.org', HARBOR_CREDENTIALS_SECRET: 'harbor', LEADER_ELECT: 'false' };
  const loaded = loadConfig({ argv: [], env, readFile: () => 'system' });
  if (loaded.kind === 'exit') throw new Error(loaded.text);
  return loaded.config;
}

/** Makes the framework's protected methods callable. */
class Exposed extends RegistryMirrorOperator {
  constructor(kubeConfig: KubeConfig) {
    super({ config: configured(), kubeConfig, log: silent, metrics: createMetrics() });
  }

  watch(plural: string, onEvent: (event: ResourceEvent) => Promise<void>): Promise<void> {
    return this.watchResource('registrymirror.io', 'v1alpha1', plural, onEvent);
  }

  setStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    return this.setResourceStatus(meta, status);
  }

  patchStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    return this.patchResourceStatus(meta, status);
  }

  setFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    return this.setResourceFinalizers(meta, finalizers);
  }

  handleFinalizer(event: ResourceEvent, deleteAction: () => Promise<void>): Promise<boolean> {
    return this.handleResourceFinalizer(event, 'registrymirror.io/finalizer', deleteAction);
  }

  uri(namespace?: string): string {
    return this.getCustomResourceApiUri('registrymirror.io', 'v1alpha1', 'registrymirrors', namespace);
  }
}

describe('the framework’s methods', () => {
  let server: StubApiServer;
  let operator: Exposed;
  let events: ResourceEvent[];

  const meta = (version = '101'): ResourceMeta => ({
    id: 'registrymirrors.registrymirror.io/v1alpha1',
    name: 'quay',
    kind: 'RegistryMirror',
    apiVersion: 'registrymirror.io/v1alpha1',
    resourceVersion: version,
  });

  async function watched(...types: readonly string[]): Promise<void> {
    await eventually(() => {
      expect(events.map(({ type }) => type)).to.deep.equal(types);
    }, QUICK);
  }

  beforeEach(async () => {
    server = await new StubApiServer().start();
    operator = new Exposed(server.kubeConfig({ token: 'the-token' }));
    events = [];
    server.objects.create(MIRRORS, {
      apiVersion: 'registrymirror.io/v1alpha1',
      kind: 'RegistryMirror',
      metadata: { name: 'quay' },
    });
  });

  afterEach(async () => {
    await operator.stopped();
    await server.stop();
  });

  const watch = async (): Promise<void> => {
    await operator.watch('registrymirrors', (event) => {
      events.push(event);
      return Promise.reject(new Error('a handler that fails'));
    });
  };

  it('watch on after a broken watch and after a handler that fails, and see the deletion in the gap', async () => {
    await watch();
    await watched('ADDED');
    let isDown = true;
    server.fault = () => (isDown ? { kind: 'Reset' } : undefined);
    server.endWatches('hard');
    server.objects.remove(MIRRORS, 'quay');
    isDown = false;
    await watched('ADDED', 'DELETED');
    expect(events[0]?.meta).to.deep.equal(meta());
  });

  it('end a watch with stop, and not the process', async () => {
    await watch();
    await eventually(() => {
      expect(server.openWatches).to.equal(1);
    }, QUICK);
    operator.stop();
    await operator.stopped();
    await eventually(() => {
      expect(server.openWatches).to.equal(0);
    }, QUICK);
  });

  it('write the status and nothing else', async () => {
    await operator.setStatus(meta(), { observedGeneration: 1 });
    await operator.patchStatus(meta(), { observedGeneration: 2 });
    const patches = server.requestsOf('PATCH').map(({ path, contentType, body }) => ({ path, contentType, body }));
    expect(patches).to.deep.equal([
      {
        path: `${MIRRORS}/quay/status`,
        contentType: 'application/json-patch+json',
        body: [{ op: 'add', path: '/status', value: { observedGeneration: 1 } }],
      },
      {
        path: `${MIRRORS}/quay/status`,
        contentType: 'application/merge-patch+json',
        body: { status: { observedGeneration: 2 } },
      },
    ]);
  });

  it('set finalizers at the version that was read, so that no other is lost', async () => {
    await operator.setFinalizers(meta(), ['a']);
    expect(server.objects.get(MIRRORS, 'quay').metadata.finalizers).to.deep.equal(['a']);
    const outcome: unknown = await operator.setFinalizers(meta(), ['b']).catch((error: unknown) => error);
    expect(isKubernetesError(outcome, 'conflict')).to.be.true;
    expect(server.objects.get(MIRRORS, 'quay').metadata.finalizers).to.deep.equal(['a']);
  });

  it('add and remove a finalizer by way of that', async () => {
    await watch();
    await watched('ADDED');
    const [added] = events;
    if (added === undefined) throw new Error('no event');
    expect(await operator.handleFinalizer(added, () => Promise.resolve())).to.be.true;
    await watched('ADDED', 'MODIFIED');
    const object = server.objects.get(MIRRORS, 'quay');
    const deleting: KubernetesObject = {
      ...object,
      metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    server.objects.replace(MIRRORS, 'quay', deleting);
    await watched('ADDED', 'MODIFIED', 'MODIFIED');
    const last = events[2];
    let isDeleted = false;
    await operator.handleFinalizer(last ?? added, () => {
      isDeleted = true;
      return Promise.resolve();
    });
    expect(isDeleted).to.be.true;
    expect(server.objects.get(MIRRORS, 'quay').metadata.finalizers).to.deep.equal([]);
  });

  it('tell where a collection is', () => {
    expect(operator.uri()).to.match(
      /^https:\/\/127\.0\.0\.1:\d+\/apis\/registrymirror\.io\/v1alpha1\/registrymirrors$/,
    );
    expect(operator.uri('x')).to.match(/\/v1alpha1\/namespaces\/x\/registrymirrors$/);
  });

  for (const [name, call] of [
    ['setResourceStatus', () => operator.setStatus(meta(), {})],
    ['patchResourceStatus', () => operator.patchStatus(meta(), {})],
    ['setResourceFinalizers', () => operator.setFinalizers(meta(), [])],
  ] as const) {
    it(`reject where ${name} fails, instead of logging it`, async () => {
      server.fault = () => ({ kind: 'Answer', status: 403 });
      const outcome: unknown = await call().catch((error: unknown) => error);
      expect(isKubernetesError(outcome, 'forbidden')).to.be.true;
    });
  }

  it('send everything over the operator’s own, kept connections', async () => {
    await operator.setStatus(meta(), {});
    await operator.patchStatus(meta(), {});
    await operator.setFinalizers(meta(String(server.objects.version)), []);
    expect(server.requests.every(({ authorization }) => authorization === 'Bearer the-token')).to.be.true;
    expect(server.connections).to.equal(1);
  });

  it('are the base class’s own for nothing that talks to the API server', () => {
    const own = new Set(Object.getOwnPropertyNames(RegistryMirrorOperator.prototype));
    const inherited = Object.getOwnPropertyNames(operatorModule.default.prototype).filter((name) => !own.has(name));
    expect(inherited).to.have.members([
      'start',
      'registerCustomResourceDefinition',
      'handleResourceFinalizer',
      'applyAxiosKubeConfigAuth',
      'applyGaxiosKubeConfigAuth',
      'resourceStatusRequest',
      'errorToJson',
    ]);
  });
});
