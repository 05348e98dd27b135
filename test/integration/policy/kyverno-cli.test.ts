import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';

import { renderPolicies } from '../../../src/engines/render.js';
import type { PolicyObject } from '../../../src/engines/policy.js';
import { runCommand } from '../../support/command.js';
import { useCluster } from '../shared-cluster.js';
import { goldenCases, goldenEntries } from './golden.js';
import { images, podOf, type Pod } from './pod.js';
import { chunks } from './policies.js';
import { DEFAULT_SETTINGS } from '../../support/settings.js';

describe('the rewrite by kyverno apply', function () {
  this.timeout(120_000);
  const cluster = useCluster();
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-kyverno-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs the policy on the Pods with Kyverno's command line tool, without any cluster. */
  const applied = async (policy: PolicyObject, pods: readonly Pod[]): Promise<readonly Pod[]> => {
    const write = (name: string, documents: readonly object[]): string => {
      const path = join(folder, name);
      writeFileSync(path, documents.map((document) => JSON.stringify(document)).join('\n---\n'));
      return path;
    };
    const resources = pods.map((pod) => ({ apiVersion: 'v1', kind: 'Pod', ...pod }));
    const args = [
      'apply',
      write('policy.yaml', [policy]),
      '--resource',
      write('pods.yaml', resources),
      '-o',
      `${folder}/`,
    ];
    const { code, stdout, stderr } = await runCommand(cluster().binaries['kubectl-kyverno'], args, {
      env: { HOME: folder },
    });
    expect(code, stdout + stderr).to.equal(0);
    return pods.map(({ metadata }) => {
      const [first] = parseAllDocuments(readFileSync(join(folder, `${metadata.name}-mutated.yaml`), 'utf8'));
      return first?.toJS() as Pod;
    });
  };

  for (const engine of ['ClusterPolicy', 'MutatingPolicy'] as const) {
    const policy = (): PolicyObject => {
      const settings = { engine, ...DEFAULT_SETTINGS };
      const placed = goldenEntries.map((entry) => ({ entry, settings }));
      const [rendered] = renderPolicies(placed, { excludedNamespaces: ['kube-*'] });
      if (rendered === undefined) throw new Error('No policy was rendered.');
      // Without a cluster the tool (1.19.1) dies of a nil pointer at a ClusterPolicy's own match conditions.
      const spec = Object.entries(rendered.object.spec).filter(([field]) => field !== 'webhookConfiguration');
      return { ...rendered.object, spec: Object.fromEntries(spec) };
    };

    // Not one Pod per case: the tool compiles a MutatingPolicy anew for each, 50 ms every time.
    it(`is right for all golden cases, twenty to a Pod, wherever they stand, and keeps their order (${engine})`, async () => {
      const twenties = chunks(goldenCases, 20);
      const pods = twenties.map((cases) => {
        const [containers = [], initContainers = [], volumes = []] = chunks(cases, 7);
        return podOf(
          containers.map(({ image }) => image),
          {
            initContainers: initContainers.map(({ image }, i) => ({ name: `i${i}`, image })),
            volumes: volumes.map(({ image }, i) => ({ name: `v${i}`, image: { reference: image } })),
          },
          { namespace: 'x' },
        );
      });
      const results = await applied(policy(), pods);
      expect(results.map(images)).to.deep.equal(twenties.map((cases) => cases.map(({ expected }) => expected)));
    });
  }
});
