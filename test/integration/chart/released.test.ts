import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { buildBinaries } from '../../cluster/build.js';
import { CHART, helm } from '../../support/chart.js';
import type { HelmOptions, Manifest, Values } from '../../support/chart.js';
import { copyChart, DIGEST, IMAGE, releaseChart } from '../../support/released-chart.js';

/** The first start may have to build Helm. */
const BUILD_TIMEOUT_MS = 40 * 60_000;
const NO_IMAGE = 'names no image that a registry has';

interface Deployment {
  readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } };
}

describe('The chart of a release', function () {
  this.timeout(60_000);
  let options: HelmOptions;
  let released: string;

  const run = async (args: readonly string[], values?: Values): Promise<string> => {
    const { code, stdout, stderr } = await helm(options, args, values);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  const imageOf = async (chart: string, image: Values): Promise<string | undefined> => {
    const objects = parseAllDocuments(await run(['template', chart], { image })).flatMap(
      (document) => (document.toJS() ?? []) as Manifest | [],
    );
    const { template } = objects.find(({ kind }) => kind === 'Deployment')?.spec as Deployment;
    return template.spec.containers[0]?.image;
  };

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    const { helm: program } = await buildBinaries({ names: ['helm'] });
    const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-released-'));
    options = { program, folder, namespace: 'registry-mirror-system' };
    const copy = copyChart(folder);
    const { code, stderr } = await releaseChart(copy);
    expect(code, stderr).to.equal(0);
    await run(['package', copy, '--destination', folder]);
    [released = ''] = globSync(join(folder, '*.tgz'));
  });
  after(() => {
    rmSync(options.folder, { recursive: true });
  });

  it('runs the image that was pushed with it, by its digest', async () => {
    expect(await imageOf(released, {})).to.equal(`${IMAGE}@${DIGEST}`);
  });

  it('runs what the values say where they say something', async () => {
    const { appVersion } = parse(await run(['show', 'chart', released])) as { readonly appVersion: string };
    const digest = `sha256:${'b'.repeat(64)}`;
    const repository = 'registry.example.org/copy';
    expect(await imageOf(released, { tag: 'mine' })).to.equal(`${IMAGE}:mine`);
    expect(await imageOf(released, { digest })).to.equal(`${IMAGE}@${digest}`);
    // A copy of an image may have another digest.
    expect(await imageOf(released, { repository })).to.equal(`${repository}:${appVersion}`);
    expect(await imageOf(released, { repository, digest })).to.equal(`${repository}@${digest}`);
  });

  it('passes helm lint, and does not ask for an image of one’s own, as the chart in the repository does', async () => {
    await run(['lint', '--strict', released], {});
    const notes = async (chart: string): Promise<string> =>
      await run(['install', 'release', chart, '--dry-run=client', '--hide-secret'], {});
    expect(await notes(released))
      .to.include('kubectl rollout status')
      .and.not.include(NO_IMAGE);
    expect(await notes(CHART)).to.include(NO_IMAGE);
    expect(await imageOf(CHART, {})).to.match(/^registry-mirror-operator:\d/);
  });
});
