import { expect } from 'chai';
import { KubernetesError } from '../../../src/kubernetes/errors.js';
import { NamespaceLabels } from '../../../src/kubernetes/namespace-labels.js';
import type { KubernetesObject } from '../../../src/kubernetes/objects.js';

/** An API server with one namespace; `fails` is what it says instead. */
class OneNamespace {
  labels: Readonly<Record<string, string>> | undefined = { tier: 'web' };
  fails: KubernetesError | undefined;
  reads = 0;
  now = 0;
  readonly known = new NamespaceLabels(
    { get: <T extends KubernetesObject>() => this.#get() as Promise<T | undefined> },
    () => this.now,
  );

  #get(): Promise<KubernetesObject | undefined> {
    this.reads += 1;
    if (this.fails !== undefined) return Promise.reject(this.fails);
    return Promise.resolve(
      this.labels === undefined ? undefined : { metadata: { name: 'registry', labels: this.labels } },
    );
  }
}

describe('The labels of a namespace', () => {
  let api: OneNamespace;
  beforeEach(() => {
    api = new OneNamespace();
  });

  it('are read once, however many ask at the same time, and again ten seconds later', async () => {
    const all = await Promise.all([api.known.of('registry'), api.known.of('registry')]);
    expect(all).to.deep.equal([{ tier: 'web' }, { tier: 'web' }]);
    expect(api.reads).to.equal(1);
    api.labels = { tier: 'db' };
    api.now = 9_999;
    expect(await api.known.of('registry')).to.deep.equal({ tier: 'web' });
    api.now = 10_000;
    expect(await api.known.of('registry')).to.deep.equal({ tier: 'db' });
  });

  it('are none where there is no such namespace', async () => {
    api.labels = undefined;
    expect(await api.known.of('registry')).to.equal(undefined);
  });

  it('are those that every namespace has, where the operator may not read it', async () => {
    api.fails = new KubernetesError('forbidden', 'no', 403);
    expect(await api.known.of('registry')).to.deep.equal({ 'kubernetes.io/metadata.name': 'registry' });
  });

  it('are asked for again after the API server was away', async () => {
    api.fails = new KubernetesError('unavailable', 'away', 503);
    const error = await api.known.of('registry').catch((caught: unknown) => caught);
    expect(error).to.equal(api.fails);
    api.fails = undefined;
    expect(await api.known.of('registry')).to.deep.equal({ tier: 'web' });
  });
});
