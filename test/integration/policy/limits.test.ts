import { rewriter } from '../../../src/image/rewrite.js';
import { renderPolicies } from '../../../src/engines/render.js';
import type { MirrorEntry } from '../../../src/engines/entry.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { expect } from 'chai';
import { useCluster } from '../shared-cluster.js';
import { dryRun, images as imagesOf, podOf, type Pod } from './pod.js';
import { PoliciesInForce } from './policies.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

const ENGINES: readonly PolicyEngine[] = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'];
const HOST = 'registry.limits.test';

function fleet(count: number, include: (i: number) => readonly string[]): readonly MirrorEntry[] {
  return Array.from({ length: count }, (_, i) => ({
    mirror: `limits-${i}`,
    hosts: [HOST],
    pullPrefix: `harbor.cache.test/limits-${i}`,
    include: include(i),
    exclude: [],
  }));
}

const globs = (count: number, glob: (n: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, n) => glob(n));

const everything: MirrorEntry = {
  mirror: 'limits-everything',
  hosts: [HOST],
  pullPrefix: 'harbor.cache.test/everything',
  include: [],
  exclude: ['not-this', ...globs(63, (n) => `not-${n}.*/**`)],
};

const wholeHost: MirrorEntry = {
  mirror: 'limits-whole-host',
  hosts: ['other.limits.test'],
  pullPrefix: 'harbor.cache.test/other',
  include: [],
  exclude: [],
};

interface Case {
  readonly name: string;
  readonly entries: readonly MirrorEntry[];
  readonly images: readonly string[];
}

/** What the API server refused while choices were nested, and the most that the CRD lets one mirror have. */
const CASES: readonly Case[] = [
  {
    name: 'four mirrors with 64 globs each, and one with another host',
    entries: [...fleet(4, (i) => globs(64, (n) => `team-${i}/*-${n}.x/**`)), wholeHost],
    images: [`${HOST}/team-3/a-63.x/b:1`, `${HOST}/team-0/a-0.x`, `${HOST}/team-4/a-1.x`, 'other.limits.test/a/b'],
  },
  {
    name: 'ninety mirrors with three globs each, and one with all the rest',
    entries: [...fleet(90, (i) => [`team-${i}/**`, `team-${i}.x`, `other/team-${i}-*`]), everything],
    images: [
      `${HOST}/team-89/a`,
      `${HOST}/team-1`,
      `${HOST}/other/team-50-x`,
      `${HOST}/a/b`,
      `${HOST}/not-1.z/a`,
      `${HOST}/not-this`,
    ],
  },
  {
    name: 'a thousand mirrors with a glob each, and one with all the rest',
    entries: [...fleet(1000, (i) => [`team-${i}/**`]), everything],
    images: [
      ...globs(20, (n) => `${HOST}/team-${n * 50}/a@sha256:${'a'.repeat(64)}`),
      `${HOST}/a/b`,
      `${HOST}/not-63.b`,
    ],
  },
  {
    name: 'mirrors with as many and as long globs as can be',
    entries: fleet(3, (i) => globs(64, (n) => `${'a.'.repeat(120)}${i}.${n}/*`)),
    images: [`${HOST}/${'a.'.repeat(60)}1`],
  },
];

for (const engine of ENGINES) {
  describe(`as many mirrors on one host as there may be, by ${engine}`, function () {
    this.timeout(240_000);
    const cluster = useCluster();

    for (const { name, entries, images } of CASES) {
      it(`takes ${name}`, async () => {
        const settings = { engine, ...DEFAULT_SETTINGS };
        const policies = renderPolicies(
          entries.map((entry) => ({ entry, settings })),
          { excludedNamespaces: ['kube-*', 'kyverno'] },
        );
        const namespace = await cluster().createNamespace();
        // It waits until each image becomes what the rewrite without a cluster makes of it.
        const rewrite = rewriter(entries);
        const shown = images.filter((image) => rewrite(image).image.length < 512);
        const put = await PoliciesInForce.put(cluster().api, policies, { namespace, images: shown });
        await put.remove();
      });
    }
  });
}

describe('the largest policies that MIRRORS_PER_POLICY allows', function () {
  this.timeout(240_000);
  const cluster = useCluster();
  const mirrors = Array.from({ length: 1000 }, (_, i): MirrorEntry => ({
    mirror: `large-${i}`,
    hosts: [`r-${i}.limits.test`],
    pullPrefix: `harbor.test/l-${i}`,
    include: [],
    exclude: [],
  }));
  const ofEach = mirrors.map(({ hosts }) => `${hosts[0] ?? ''}/some/team/image:1.2.3`);
  // Somebody else's policy has put a host in front of our prefix: only then is the list of all prefixes made.
  const prefixed = mirrors.map(({ hosts, pullPrefix }) => `${hosts[0] ?? ''}/${pullPrefix}/image`);

  async function appliesTwice(namespace: string, pod: Pod): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}?fieldManager=git&force=true`;
    const apply = async (): Promise<Pod> => {
      const manifest = { apiVersion: 'v1', kind: 'Pod', ...pod };
      return cluster().api.json<Pod>('PATCH', path, manifest, 'application/apply-patch+yaml');
    };
    const first = await apply();
    expect((await apply()).spec).to.deep.equal(first.spec);
  }

  for (const [engine, pullSecret, count] of [
    ['ClusterPolicy', 'None', 90],
    ['ClusterPolicy', 'Inject', 90],
    ['MutatingPolicy', 'None', 900],
    ['MutatingPolicy', 'Inject', 300],
    ['MutatingAdmissionPolicy', 'None', 900],
    ['MutatingAdmissionPolicy', 'Inject', 300],
  ] as const) {
    it(`take a Pod with ${count} images, each of another mirror, with ${engine} (pullSecret: ${pullSecret})`, async () => {
      const settings = { engine, ...DEFAULT_SETTINGS, pullSecret };
      const policies = renderPolicies(
        mirrors.map((entry) => ({ entry, settings })),
        { excludedNamespaces: ['kube-*'], mirrorsPerPolicy: 1000 },
      );
      expect(policies).to.have.length(1);
      const namespace = await cluster().createNamespace();
      const put = await PoliciesInForce.put(cluster().api, policies, { namespace, images: ofEach.slice(0, 1) });
      try {
        const third = count / 3;
        const pod = podOf(ofEach.slice(0, third), {
          initContainers: ofEach.slice(third, 2 * third).map((image, i) => ({ name: `init-${i}`, image })),
          volumes: ofEach.slice(2 * third, count).map((reference, i) => ({ name: `data-${i}`, image: { reference } })),
        });
        const rewrite = rewriter(mirrors);
        const after = await dryRun(cluster().api, namespace, pod);
        expect(imagesOf(after)).to.have.members(ofEach.slice(0, count).map((name) => rewrite(name).image));
        const { imagePullSecrets = [] } = after.spec as { readonly imagePullSecrets?: readonly unknown[] };
        expect(imagePullSecrets).to.have.length(pullSecret === 'Inject' ? count : 0);
        // A Pod has its pull secrets when it is updated: each of the policy's is looked up among them.
        if (pullSecret === 'Inject') await appliesTwice(namespace, pod);
        expect(rewrite(prefixed[0] ?? '')).to.have.property('why', 'PrefixedAlready');
        const beside = [...prefixed.slice(0, third), ...ofEach.slice(0, third)];
        expect(imagesOf(await dryRun(cluster().api, namespace, podOf(beside)))).to.deep.equal(
          beside.map((name) => rewrite(name).image),
        );
      } finally {
        await put.remove();
      }
    });
  }
});
