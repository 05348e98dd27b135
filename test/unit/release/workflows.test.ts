import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { KREW_SYSTEMS } from './krew-systems.js';

const ROOT = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const paths = globSync('.github/workflows/*.yaml', { cwd: ROOT });

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly defaults: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly needs?: string | readonly string[];
  readonly uses?: string;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly include: readonly { readonly system: string }[] } };
  readonly steps?: readonly {
    readonly id?: string;
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Readonly<Record<string, string>>;
  }[];
}

const workflow = (name: string): Workflow => parse(read(`.github/workflows/${name}.yaml`)) as Workflow;

describe('the workflows', () => {
  it('take each action by its commit, and say which version that is', () => {
    expect(paths).to.have.length(2);
    const actions = paths.flatMap((path) => read(path).match(/(?<=uses: )[^.\n].*$/gm) ?? []);
    expect(actions).not.to.be.empty;
    expect(
      actions.filter((action) => !/^[\w-]+(?:\/[\w-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action)),
    ).to.deep.equal([]);
  });

  it('may read the repository and no more, unless a job says what else', () => {
    for (const path of paths)
      expect((parse(read(path)) as Workflow).permissions, path).to.deep.equal({ contents: 'read' });
  });

  it('run the whole of the tests for a change, and before a release', () => {
    expect(workflow('ci').jobs.test?.steps?.at(-1)?.run).to.equal('.ci/run');
    const { jobs } = workflow('release');
    expect(jobs.test?.uses).to.equal('./.github/workflows/ci.yaml');
    expect(jobs.release?.needs).to.include('test');
  });

  it('have a shell that fails where the first command of a pipe fails', () => {
    for (const path of paths)
      expect((parse(read(path)) as Workflow).defaults, path).to.deep.equal({ run: { shell: 'bash' } });
  });

  it('keep what the tests build before the tests run, so that a run that fails has built it for the next one', () => {
    const { steps = [] } = workflow('ci').jobs.test ?? {};
    const at = (text: string): number => steps.findIndex(({ uses = '', run = '' }) => `${uses}${run}`.includes(text));
    const order = ['actions/cache/restore@', 'npm run cluster:build', 'actions/cache/save@', '.ci/run'].map(at);
    expect(order)
      .to.deep.equal(order.toSorted((a, b) => a - b))
      .and.not.include(-1);
    const [restore, save] = [steps[order[0] ?? 0], steps[order[2] ?? 0]];
    expect(save?.with).to.deep.equal({
      path: restore?.with?.path,
      key: `\${{ steps.${restore?.id ?? ''}.outputs.cache-primary-key }}`,
    });
  });

  it('run the image’s test as root, without which it leaves itself out', () => {
    const runs = workflow('ci').jobs.image?.steps?.flatMap(({ run = '' }) => run.split('\n')) ?? [];
    expect(runs.filter((line) => line.includes('test/integration/image.test.ts'))).to.have.length(1);
    expect(runs.find((line) => line.includes('test/integration/image.test.ts'))).to.match(/^sudo /);
  });

  it('make the command line for each system that krew knows it for', () => {
    const { binaries } = workflow('release').jobs;
    expect(binaries?.strategy?.matrix.include.map(({ system }) => system)).to.deep.equal(KREW_SYSTEMS);
  });

  it('build the image from one that is named by its digest', () => {
    const { steps = [] } = workflow('release').jobs.release ?? {};
    const names = steps.findIndex(({ run = '' }) => run.includes('BASE=$base@$digest'));
    const builds = steps.findIndex(({ uses = '' }) => uses.startsWith('docker/build-push-action@'));
    expect(names).to.be.within(0, builds);
    const [, version, variant] =
      /^ARG NODE_VERSION=(\d+)\nARG BASE=node:\$\{NODE_VERSION\}-(\w+)$/m.exec(read('Dockerfile')) ?? [];
    expect(steps[names]?.run).to.include(`base=docker.io/library/node:${version ?? ''}-${variant ?? ''}\n`);
    expect(steps[builds]?.with?.['build-args']?.split('\n')).to.include('BASE=${{ env.BASE }}');
    expect(read('Dockerfile').match(/^FROM .*$/gm)).to.deep.equal(['FROM ${BASE} AS build', 'FROM ${BASE}']);
    expect(read('Dockerfile')).to.include('org.opencontainers.image.base.name="${BASE}"');
  });

  it('say in the image where its sources are, which links it to the repository', () => {
    const { steps = [] } = workflow('release').jobs.release ?? {};
    const args = steps.find(({ uses = '' }) => uses.startsWith('docker/build-push-action@'))?.with?.['build-args'];
    expect(args?.split('\n')).to.include('SOURCE=${{ github.server_url }}/${{ github.repository }}');
    expect(read('Dockerfile'))
      .to.match(/^ARG SOURCE=$/m)
      .and.include('org.opencontainers.image.source="${SOURCE}"');
  });

  it('give no expression to a shell, where text from outside would become a command', () => {
    const runs = paths.flatMap((path) =>
      Object.values((parse(read(path)) as Workflow).jobs).flatMap(({ steps = [] }) => steps.map(({ run = '' }) => run)),
    );
    expect(runs.filter((run) => run.includes('${{'))).to.deep.equal([]);
  });
});

describe('the chart for Artifact Hub', () => {
  const chart = parse(read('charts/registry-mirror-operator/Chart.yaml')) as Chart;
  const annotation = (name: string): unknown => parse(chart.annotations[`artifacthub.io/${name}`] ?? '');

  it('says what changed, each with its kind', () => {
    const changes = annotation('changes') as readonly { readonly kind: string; readonly description: string }[];
    expect(changes).not.to.be.empty;
    for (const { kind, description } of changes) {
      expect(kind).to.be.oneOf(['added', 'changed', 'deprecated', 'removed', 'fixed', 'security']);
      expect(description).to.match(/\.$/);
    }
  });

  it('shows the CRD that it has, and an example of it', () => {
    const crd = parse(read('crds/registrymirror.io_registrymirrors.yaml')) as Crd;
    const [shown] = annotation('crds') as readonly Readonly<Record<string, string>>[];
    expect(shown).to.include({
      kind: crd.spec.names.kind,
      name: crd.metadata.name,
      version: crd.spec.versions[0].name,
    });
    const [example] = annotation('crdsExamples') as readonly { readonly kind: string }[];
    expect(example?.kind).to.equal(crd.spec.names.kind);
  });
});

interface Chart {
  readonly annotations: Readonly<Record<string, string>>;
}

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly [{ readonly name: string }];
  };
}
