import { createServer } from 'node:https';
import type { IncomingMessage, Server } from 'node:http';

import type { Api } from '../../cluster/api.js';
import { portOf } from '../../support/ports.js';
import { certificate, key } from '../harbor/certificate.js';
import type { Pod } from './pod.js';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';

/** What a Pod asks for, by annotations. Each webhook of an {@link Injector} reads those that begin with its own name. */
export const asks = (webhook: string, wish: 'sidecar' | 'auto' | 'pullSecret'): string => `${webhook}.test/${wish}`;

interface Operation {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: { readonly uid: string; readonly object: Pod };
}

/** Mutating webhooks of somebody else's, on this machine. The API server asks them in the order of their names, and Kyverno's among them. */
export class Injector {
  readonly #api: Api;
  readonly #server: Server;
  readonly #names: readonly string[];

  private constructor(api: Api, server: Server, names: readonly string[]) {
    this.#api = api;
    this.#server = server;
    this.#names = names;
  }

  /** Registers webhooks of these names for the Pods of a namespace. */
  static async start(api: Api, namespace: string, names: readonly string[]): Promise<Injector> {
    const server = createServer({ cert: certificate, key }, (request, response) => {
      void answer(request).then((text) => response.setHeader('content-type', 'application/json').end(text));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    for (const name of names) await api.json('POST', CONFIGURATIONS, configuration(name, namespace, portOf(server)));
    return new Injector(api, server, names);
  }

  async stop(): Promise<void> {
    for (const name of this.#names) await this.#api.send('DELETE', `${CONFIGURATIONS}/${name}`);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function configuration(name: string, namespace: string, port: number): object {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name: `${name}.example.org`,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: {
          url: `https://127.0.0.1:${port}/${name}`,
          caBundle: Buffer.from(certificate).toString('base64'),
        },
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
      },
    ],
  };
}

async function answer(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { apiVersion, kind, request: asked } = JSON.parse(Buffer.concat(chunks).toString()) as Review;
  const patch = patchOf(asked.object, new URL(request.url ?? '', 'https://x').pathname.slice(1));
  const patched = { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  return JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, allowed: true, ...patched } });
}

function patchOf({ metadata, spec }: Pod, webhook: string): readonly Operation[] {
  const wish = (name: Parameters<typeof asks>[1]): string | undefined => metadata.annotations?.[asks(webhook, name)];
  const [sidecar, auto, pullSecret] = [wish('sidecar'), wish('auto'), wish('pullSecret')];
  const isThere = spec.containers.some(({ name }) => name === webhook);
  return [
    ...(sidecar === undefined || isThere ? [] : [add('/spec/containers/-', { name: webhook, image: sidecar })]),
    ...(pullSecret === undefined ? [] : [add('/spec/imagePullSecrets', [{ name: pullSecret }])]),
    ...spec.containers.flatMap(({ image }, n) =>
      auto === undefined || image !== 'auto' ? [] : [add(`/spec/containers/${n}/image`, auto)],
    ),
  ];
}

function add(path: string, value: unknown): Operation {
  return { op: 'add', path, value };
}
