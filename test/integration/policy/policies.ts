import type { V1MutatingWebhookConfiguration } from '@kubernetes/client-node';

import { rewriter } from '../../../src/image/rewrite.js';
import { inForce } from '../../../src/engines/in-force.js';
import { policyNameIn } from '../../../src/engines/metadata/names.js';
import type { PolicyObject, RenderedPolicy } from '../../../src/engines/policy.js';
import type { Api } from '../../cluster/api.js';
import { eventually } from '../../support/wait.js';
import { collectionOf, servedVersion } from './served.js';
import { dryRun, images, podOf } from './pod.js';

/** Policies in force on a real API server, until taken away. */
export class PoliciesInForce {
  readonly #api: Api;
  readonly #policies: readonly RenderedPolicy[];
  readonly #probes: Probes;

  private constructor(api: Api, policies: readonly RenderedPolicy[], probes: Probes) {
    this.#api = api;
    this.#policies = policies;
    this.#probes = probes;
  }

  /** Writes the policies and waits until the effect of each is seen. */
  static async put(api: Api, policies: readonly RenderedPolicy[], probes: Probes): Promise<PoliciesInForce> {
    for (const object of policies.flatMap(objects)) await apply(api, object);
    const put = new PoliciesInForce(api, policies, probes);
    const rewrite = rewriter(policies.flatMap(({ entries }) => entries));
    await eventually(async () => {
      const configurations = await webhooks(api);
      if (!policies.every((policy) => inForce(policy, configurations))) throw new Error('A webhook is not there yet.');
      await put.#expect((image) => rewrite(image).image);
    }, LONG);
    return put;
  }

  /** Takes the policies away and waits until no Pod is rewritten by them any more. */
  async remove(): Promise<void> {
    for (const object of this.#policies.flatMap(objects).toReversed()) {
      await this.#api.send('DELETE', `${collectionOf(object)}/${object.metadata.name}`);
    }
    await eventually(async () => {
      const names = (await webhooks(this.#api)).flatMap(({ webhooks: hooks }) => hooks ?? []);
      const left = names.find(({ name }) => this.#policies.some((policy) => policyNameIn(name) === policy.name));
      if (left !== undefined) throw new Error(`${left.name} is still there.`);
      // The API server's own policies show no sign but their effect, which ends up to a second later.
      await this.#expect((image) => image);
    }, LONG);
  }

  async #expect(expected: (image: string) => string): Promise<void> {
    for (const image of this.#probes.images) {
      const [result] = images(await dryRun(this.#api, this.#probes.namespace, podOf([image])));
      if (result !== expected(image)) throw new Error(`${image} still becomes ${result ?? 'nothing'}.`);
    }
  }
}

/** Images that show what is in force: one of each policy, in a namespace that all of them cover. */
export interface Probes {
  readonly namespace: string;
  readonly images: readonly string[];
}

const LONG = { timeoutMs: 30_000, message: 'the policies' };

function objects({ object, binding }: RenderedPolicy): readonly PolicyObject[] {
  return binding === undefined ? [object] : [object, binding];
}

/** Server-side apply, in the version that is served, as the operator does it. */
export async function apply(api: Api, object: PolicyObject): Promise<void> {
  const path = `${collectionOf(object)}/${object.metadata.name}?fieldManager=test&force=true`;
  await api.json('PATCH', path, { ...object, apiVersion: servedVersion(object) }, 'application/apply-patch+yaml');
}

async function webhooks(api: Api): Promise<readonly V1MutatingWebhookConfiguration[]> {
  const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
  return (await api.json<{ items: V1MutatingWebhookConfiguration[] }>('GET', path)).items;
}

/** Runs `one` for all items, some at a time. */
export async function inParallel<T>(items: readonly T[], one: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await one(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** Splits into lists of this length; the last may be shorter. */
export function chunks<T>(items: readonly T[], length: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / length) }, (_, i) => items.slice(i * length, (i + 1) * length));
}
