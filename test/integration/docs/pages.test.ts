import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { runCommand } from '../../support/command.js';
import { commandsOf, inShell } from '../../support/documented.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FIRST_MIRROR = 'docs/tutorial/first-mirror.md';
const OPERATIONS = 'docs/how-to/operations.md';
const UNINSTALL = 'docs/how-to/uninstall.md';

describe('what a reader copies from the pages', function () {
  this.timeout(120_000);
  const world = useWorld();
  let folder: string;

  before(async function () {
    this.timeout(60_000);
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-pages-'));
    writeFileSync(join(folder, 'admin-password'), world().harbor.admin.password);
    writeFileSync(join(folder, 'password'), world().harbor.admin.password);
    const built = await runCommand(process.execPath, [join(ROOT, 'build.mjs'), join(folder, 'dist')], { cwd: ROOT });
    expect(built.code, built.stderr).to.equal(0);
    // The pages say `registry-mirror`, which the image and the releases have on their PATH.
    const program = `#!/bin/sh\nexec '${process.execPath}' '${join(folder, 'dist/cli/main.js')}' "$@"\n`;
    writeFileSync(join(folder, 'registry-mirror'), program, { mode: 0o755 });
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** The commands below a heading, one block after the other, with what a reader has to fill in; what they print. */
  const read = async (
    page: string,
    heading: string,
    fillIn: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> => {
    const printed: string[] = [];
    for (const block of commandsOf(page, heading)) {
      const filledIn = Object.entries({
        'https://harbor.example.org': world().harbor.url,
        'npm ci && npm run build\n': '',
        'npx node dist/cli/main.js': 'registry-mirror',
        'config/': `${ROOT}/config/`,
        // It ends with 1 where something is to be changed.
        'plan -f mirrors.yaml': 'plan -f mirrors.yaml || [ $? = 1 ]',
        ...fillIn,
      }).reduce((text, [from, to]) => text.replaceAll(from, to), block);
      printed.push(await inShell(world().cluster, filledIn, { path: [folder], folder }));
    }
    return printed;
  };

  it('makes the robot account for the operator, and prints its Secret', async () => {
    const [secret = ''] = await read(FIRST_MIRROR, '1. A robot account');
    expect(parse(secret)).to.have.nested.property('stringData.username', 'robot$registry-mirror-operator');
  });

  it('makes a Secret that the operator takes', async () => {
    await read(OPERATIONS, "The Secret with Harbor's robot account", { '=…': '=change-me' });
    const path = `/api/v1/namespaces/${NAMESPACE}/secrets/harbor`;
    const { metadata } = await world().cluster.api.json<{ readonly metadata: { readonly labels: object } }>(
      'GET',
      path,
    );
    expect(metadata.labels).to.deep.equal({ 'registrymirror.io/credentials': 'harbor' });
  });

  it('makes a first mirror, and a Pod that goes through it', async () => {
    const [mirrors = ''] = await read(FIRST_MIRROR, '3. A mirror');
    expect(mirrors).to.match(/^dockerhub +docker\.io +harbor\.cache\.test\/dockerhub +True +Succeeded/m);
    await world().untilImage('nginx', `${PULL_HOST}/dockerhub/library/nginx`);
    const [pod] = await read(FIRST_MIRROR, '4. A Pod');
    expect(pod).to.equal(`pod/web created\n${PULL_HOST}/dockerhub/library/nginx\n`);
  });

  it('shows what a mirror says of itself', async () => {
    const [shown = ''] = await read('docs/how-to/troubleshooting.md', 'Troubleshooting', { NAME: 'dockerhub' });
    expect(shown)
      .to.match(/^dockerhub .*docker-hub/m)
      .and.include('Type:                  Ready');
  });

  it('takes the mirror away again', async () => {
    await read(FIRST_MIRROR, '5. Back again');
    expect(await world().imageOfNewPod('nginx')).to.equal('nginx');
  });

  it('imports what was set up in Harbor by hand, and says what applying that would change', async () => {
    const endpoint = { name: 'by-hand', type: 'docker-registry', url: 'https://quay.io', insecure: false };
    const registry_id = await world().asAdmin('POST', '/registries', endpoint);
    await world().asAdmin('POST', '/projects', { project_name: 'quay', registry_id, metadata: { public: 'true' } });
    const [imported = ''] = await read('docs/reference/cli.md', 'import');
    expect(imported).to.include('registrymirror.registrymirror.io/quay created');
    await world().untilReady('quay');
    await read('docs/how-to/migrate.md', 'From a setup made by hand');
  });

  it('lists the Pods that were left alone for their pull secrets', async () => {
    const heading = 'Where every ServiceAccount has a pull secret: OpenShift, GitLab runners, secret patchers';
    await world().cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'private', namespace: 'default' },
        spec: { containers: [{ name: 'a', image: 'nginx' }], imagePullSecrets: [{ name: 'mine' }] },
      },
    ]);
    expect(await read('docs/how-to/recipes.md', heading)).to.deep.equal(['default/private: mine\n']);
    await world().cluster.kubectl(['delete', 'pod', 'private']);
  });

  it('adds what is not installed by default', async () => {
    const [policy, secrets, fallback] = await read(OPERATIONS, 'RBAC');
    expect(policy).to.include('validatingadmissionpolicybinding');
    expect(secrets).to.include('clusterrolebinding');
    expect(fallback).to.include('clusterrolebinding').and.include('registry-mirror-operator-pods');
    for (const component of ['pull-secrets', 'fallback']) {
      const { code } = await world().cluster.kubectl(['delete', '-k', join(ROOT, 'config/components', component)]);
      expect(code).to.equal(0);
    }
  });

  it('lets a mirror go that would wait for ever, and all of them', async () => {
    await read(UNINSTALL, 'Uninstalling', { NAME: '--all' });
    expect((await world().cluster.kubectl(['get', 'registrymirrors', '-o', 'name'])).stdout).to.equal('');
    await world().cluster.kubectl(['delete', 'secret', 'harbor', '-n', NAMESPACE]);
  });

  it('takes away the robot accounts that were made for the operator, and no other', async () => {
    const { admin } = world().harbor;
    const names = (): readonly string[] =>
      world()
        .harbor.robots()
        .map(({ name }) => name);
    const minted = (): readonly string[] => names().filter((name) => /^registry-mirror-operator-.+-[ab]$/.test(name));
    await world().killOperator();
    await world().startOperator({
      env: { HARBOR_USERNAME: admin.username, HARBOR_PASSWORD: admin.password, MINT_ROBOT: 'true' },
    });
    await eventually(() => {
      expect(minted()).to.have.length(1);
    });
    await world().operator.stop();
    const others = names().filter((name) => !name.startsWith('registry-mirror-operator'));
    expect(names()).to.include('registry-mirror-operator');
    await read(UNINSTALL, 'The robot accounts');
    expect(names()).to.deep.equal(others).and.not.be.empty;
    await world().cluster.kubectl(['delete', 'secret', 'registry-mirror-operator-robot', '-n', NAMESPACE]);
  });
});
