import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { LABELS } from '../../../src/api/group.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { useCluster } from '../shared-cluster.js';
import { goldenEntries } from './golden.js';
import { dryRun, images, podOf, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

const ARGO_CD = 'config/samples/argo-cd/applications.yaml';
const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
const PRIVATE: MirrorEntry = {
  mirror: 'private',
  hosts: ['private.test'],
  pullPrefix: 'harbor.cache.test/private',
  include: [],
  exclude: [],
};

for (const engine of ENGINES) {
  describe(`what Git says, beside ${engine}`, function () {
    this.timeout(60_000);
    const cluster = useCluster();
    let namespace: string;
    let policies: PoliciesInForce;

    before(async () => {
      namespace = await cluster().createNamespace();
      const settings = { engine, ...DEFAULT_SETTINGS };
      const placed = goldenEntries.map((entry) => ({ entry, settings }));
      const injecting = { entry: PRIVATE, settings: { ...settings, pullSecret: 'Inject' } as const };
      const rendered = renderPolicies([...placed, injecting], { excludedNamespaces: ['kube-*'] });
      policies = await PoliciesInForce.put(cluster().api, rendered, { namespace, images: ['nginx', 'private.test/a'] });
    });
    after(async () => {
      await policies.remove();
    });

    /** Server-side apply as Flux does it: a dry run to see the drift, then the real one where there is any. */
    const reconcile = async <T extends Applied>(path: string, manifest: object): Promise<Reconciled<T>> => {
      const query = 'fieldManager=kustomize-controller&force=true';
      const type = 'application/apply-patch+yaml';
      const existing = await cluster().api.send('GET', path);
      const dry = await cluster().api.json<T>('PATCH', `${path}?${query}&dryRun=All`, manifest, type);
      const before = existing.status === 200 ? (JSON.parse(existing.body) as T) : undefined;
      const drifts = before === undefined || JSON.stringify(content(before)) !== JSON.stringify(content(dry));
      const object = drifts ? await cluster().api.json<T>('PATCH', `${path}?${query}`, manifest, type) : before;
      return { drifts, object, dry };
    };

    it('is what a Deployment says, and its Pods are rewritten all the same', async () => {
      const labels = { app: 'web' };
      const spec = {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: podOf(['nginx:1']).spec },
      };
      const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace }, spec };
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments/web`;
      const first = await reconcile<Applied & { readonly spec: { readonly template: Pod } }>(path, manifest);
      expect(images(first.object.spec.template)).to.deep.equal(['nginx:1']);
      expect((await reconcile(path, manifest)).drifts).to.equal(false);
    });

    it('is the same in a dry run and for real where it says a bare Pod', async () => {
      const pod = podOf(['nginx:1'], {}, { name: 'bare', namespace });
      const manifest = { apiVersion: 'v1', kind: 'Pod', ...pod };
      const path = `/api/v1/namespaces/${namespace}/pods/bare`;
      const first = await reconcile<Applied & Pod>(path, manifest);
      expect(first.drifts).to.equal(true);
      expect(images(first.object)).to.deep.equal(['harbor.cache.test/dockerhub/library/nginx:1']);
      expect(images(first.dry)).to.deep.equal(images(first.object));
      expect((await reconcile(path, manifest)).drifts).to.equal(false);
    });

    it('is the same for a bare Pod applied twice by kubectl, wherever its images stand', async () => {
      const initContainers = [{ name: 'i', image: 'quay.io/a/b:1' }];
      const volumes = [{ name: 'v', image: { reference: 'ghcr.io/x/y' } }];
      const pod = podOf(['nginx:1', 'a.test/b'], { initContainers, volumes }, { name: 'twice', namespace });
      const get = (): Promise<Pod> => cluster().api.json<Pod>('GET', `/api/v1/namespaces/${namespace}/pods/twice`);
      await cluster().apply([{ apiVersion: 'v1', kind: 'Pod', ...pod }]);
      const first = await get();
      await cluster().apply([{ apiVersion: 'v1', kind: 'Pod', ...pod }]);
      const second = await get();
      expect(images(first)[0]).to.equal('harbor.cache.test/dockerhub/library/nginx:1');
      expect(second.spec).to.deep.equal(first.spec);
      expect(second.metadata).to.deep.equal(first.metadata);
    });

    it('differs from a Pod only in what the sample for Argo CD has it ignore', async () => {
      const noToken = { automountServiceAccountToken: false };
      const spec = {
        ...noToken,
        initContainers: [{ name: 'i', image: 'quay.io/a/b:1' }],
        volumes: [{ name: 'v', image: { reference: 'ghcr.io/x/y' } }],
      };
      for (const pod of [podOf(['nginx:1'], spec), podOf(['private.test/a'], noToken)]) {
        const optedOut = { ...pod, metadata: { ...pod.metadata, labels: { [LABELS.rewrite]: 'disabled' } } };
        const live = await dryRun(cluster().api, namespace, pod);
        const asInGit = await dryRun(cluster().api, namespace, optedOut);
        expect(compared(live, [])).to.not.deep.equal(compared(asInGit, []));
        expect(compared(live, ignored())).to.deep.equal(compared(asInGit, ignored()));
      }
    });

    it('is what happens when it changes: an update is not rewritten to an image that the Pod has not', async () => {
      const pod = podOf(['nginx:1', 'nginx:1'], {}, { name: 'changed', namespace });
      const path = `/api/v1/namespaces/${namespace}/pods/changed`;
      await reconcile<Applied & Pod>(path, { apiVersion: 'v1', kind: 'Pod', ...pod });
      const changed = podOf(['nginx:2', 'nginx:1'], {}, { name: 'changed', namespace });
      const second = await reconcile<Applied & Pod>(path, { apiVersion: 'v1', kind: 'Pod', ...changed });
      expect(images(second.object)).to.deep.equal(['nginx:2', 'harbor.cache.test/dockerhub/library/nginx:1']);
    });
  });
}

interface Applied {
  readonly metadata: { readonly labels?: object };
  readonly spec: object;
}

interface Reconciled<T> {
  readonly drifts: boolean;
  readonly object: T;
  readonly dry: T;
}

/** Without annotations: the controller manager counts a Deployment's revisions there, at a time of its own. */
function content({ metadata: { labels }, spec }: Applied): object {
  return { labels, spec };
}

/** What of a Pod Argo CD compares with Git, without what it is told to ignore. */
function compared({ metadata: { labels, annotations }, spec }: Pod, paths: readonly string[]): unknown {
  const metadata = { labels: without(labels ?? {}, [LABELS.rewrite]), annotations: annotations ?? {} };
  return paths.map(stepsOf).reduce<unknown>(without, { metadata, spec });
}

/** The paths, in jq's words, that the sample has Argo CD ignore in Pods. */
function ignored(): readonly string[] {
  const documents = parseAllDocuments(readFileSync(ARGO_CD, 'utf8')).map((document) => document.toJS() as Application);
  return documents.flatMap(({ spec }) => spec.ignoreDifferences ?? []).flatMap((each) => each.jqPathExpressions);
}

interface Application {
  readonly spec: {
    readonly ignoreDifferences?: readonly { readonly jqPathExpressions: readonly string[] }[];
  };
}

/** `.spec.volumes[]?.image` as spec, volumes, [], image. */
function stepsOf(path: string): readonly string[] {
  const steps = [...path.matchAll(/\.(\w+)|\["([^"]+)"\]|(\[\])\??/g)];
  expect(steps.map(([text]) => text).join('')).to.equal(path);
  return steps.map(([, name, quoted, all]) => name ?? quoted ?? all ?? '');
}

function without(value: unknown, [step, ...rest]: readonly string[]): unknown {
  if (step === undefined || typeof value !== 'object' || value === null) return value;
  if (step === '[]') return Array.isArray(value) ? value.map((item: unknown) => without(item, rest)) : value;
  const kept = Object.entries(value).flatMap(([key, child]: [string, unknown]) => {
    if (key !== step) return [[key, child]];
    return rest.length === 0 ? [] : [[key, without(child, rest)]];
  });
  return Object.fromEntries(kept) as unknown;
}
