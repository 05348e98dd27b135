import { expect } from 'chai';
import { parseAllDocuments, stringify } from 'yaml';
import { parseMark } from '../../../src/harbor/mark.js';
import { isOlder } from '../../../src/harbor/version.js';
import { runCli } from '../cli/run-cli.js';
import type { CliResult } from '../cli/run-cli.js';
import { harborName, harborVersion, makeOperatorRobot, ROBOTS_OF_ROBOTS } from './harbor-under-test.js';
import { leaveOut } from './left-out.js';
import { useStage } from './stage.js';

leaveOut('upstreams of the types other than docker-registry', 'they are somebody else’s registries');

interface Imported {
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

describe(`registry-mirror import from ${harborName}`, function () {
  this.timeout(120_000);
  const stage = useStage();
  let env: Readonly<Record<string, string>>;
  let imported: CliResult;

  const cli = (...args: readonly string[]): Promise<CliResult> =>
    runCli([...args, '--kubeconfig', stage().cluster.kubeconfigPath], env);
  /** The mirror of the suite's own project: the Harbor may be full of others. */
  const own = (): Imported | undefined =>
    parseAllDocuments(imported.out)
      .map((document) => document.toJS() as Imported | null)
      .find((mirror) => mirror?.metadata.name === stage().name('found')) ?? undefined;

  before(async () => {
    const { username, password } = await makeOperatorRobot(stage().harbor, stage().name('reader'));
    env = { HARBOR_URL: stage().gate.url, HARBOR_USERNAME: username, HARBOR_PASSWORD: password };
    const { client } = stage().harbor;
    const name = stage().name('found');
    const where = { type: 'docker-registry', url: stage().upstream.url, insecure: false };
    const registryId = await client.createEndpoint({ ...where, name, description: 'since "2023" {{ x }}' });
    const metadata = { public: 'true', prevent_vul: 'true', severity: 'high', auto_scan: 'true' };
    const id = await client.createProject({ name, registryId, storageLimit: 5 * 2 ** 30, metadata });
    const project = await client.getProject(id);
    await client.updateRetention(project?.retentionId ?? 0, { projectId: id, daysSinceLastPull: 30 });
    stage().gate.forget();
    imported = await cli('import', '--from-cluster');
  });

  // An older Harbor shows no robot account a quota.
  const quota = isOlder(harborVersion, ROBOTS_OF_ROBOTS) ? {} : { storageQuota: '5Gi' };

  it('writes nothing, and states what differs from the defaults', () => {
    expect(imported.code, imported.warnings).to.equal(0);
    expect(stage().gate.writes).to.deep.equal([]);
    expect(own()?.spec).to.deep.equal({
      upstream: { type: 'docker-registry', url: stage().upstream.url, description: 'since "2023" {{ x }}' },
      project: {
        ...quota,
        autoScan: true,
        preventVulnerable: { severity: 'high' },
        retention: { daysSinceLastPull: 30 },
      },
      adoptionPolicy: 'Adopt',
    });
  });

  it('gives a manifest that changes nothing in Harbor but the mark', async () => {
    const mirror = own();
    expect(mirror).to.not.equal(undefined);
    const { client } = stage().harbor;
    const before = await client.findProject(stage().name('found'));
    const rewrite = { engine: 'MutatingAdmissionPolicy' };
    await stage().cluster.apply(stringify({ ...mirror, spec: { ...mirror?.spec, rewrite } }));
    await stage().mirrors.untilReady(stage().name('found'));
    const endpoint = await client.findEndpoint(stage().name('found'));
    expect(stage().gate.writes).to.deep.equal([`PUT /api/v2.0/registries/${endpoint?.id ?? 0}`]);
    const { mark, userText } = parseMark(endpoint?.description ?? '');
    expect(mark).to.include({ mirror: stage().name('found'), endpoint: 'adopted' });
    expect(userText).to.equal('since "2023" {{ x }}');
    expect(await client.findProject(stage().name('found'))).to.deep.equal(before);
  });

  it('leaves it out from then on, and plan sees no difference', async () => {
    imported = await cli('import', '--from-cluster');
    expect(own()).to.equal(undefined);
    const planned = await cli('plan');
    expect(planned.out, planned.warnings).to.match(/^No changes\.$/m);
    expect(planned.code).to.equal(0);
  });
});
