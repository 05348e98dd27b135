import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { programs } from '../cluster/programs.js';
import { BuildPlace, FAKE_GO } from '../support/build-place.js';
import { serveArchive } from '../support/envtest-archive.js';

describe('building the local cluster', function () {
  this.timeout(30_000);
  let place: BuildPlace;

  beforeEach(() => {
    place = new BuildPlace();
  });

  afterEach(() => {
    place.remove();
  });

  it('builds each program once, tells each step, and leaves no temporary file', async () => {
    const { code, stderr } = await place.build();
    expect(code, stderr).to.equal(0);
    expect(stderr).to.match(
      /^building kube-apiserver v1\.36\.3 \(about 6 min the first time, \d+ min for all that is left\) …$/m,
    );
    expect(stderr).to.match(/^building kyverno v1\.19\.1 .*: done in [\d.]+ s$/m);
    expect(place.builds()).to.have.length(programs.length);
    const again = await place.build();
    expect([again.code, again.stderr]).to.deep.equal([0, '']);
    expect(place.builds()).to.have.length(programs.length);
    const files = readdirSync(join(place.cache, 'bin'), { recursive: true }).map(String);
    expect(files.filter((name) => name.endsWith('.tmp'))).to.deep.equal([]);
  });

  it("is not led astray by the caller's Go settings", async () => {
    await place.build({ GOOS: 'windows', GOFLAGS: '-mod=mod', CGO_ENABLED: '1' });
    for (const call of place.builds()) expect(call).to.include('GOFLAGS=-mod=readonly CGO_ENABLED=0 GOOS= ');
    expect(place.builds().find((call) => call.endsWith('kube-apiserver'))).to.include('version.gitVersion=v1.36.3');
  });

  it('uses what KUBEBUILDER_ASSETS holds', async () => {
    const assets = join(place.folder, 'assets');
    mkdirSync(assets);
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) writeFileSync(join(assets, name), '');
    const { stdout } = await place.build({ KUBEBUILDER_ASSETS: assets });
    expect(stdout).to.include(`kube-apiserver: ${assets}/kube-apiserver\n`).and.include(`etcd: ${assets}/etcd\n`);
    expect(place.builds()).to.have.length(programs.length - 3);
  });

  it('builds only what is asked for, and takes no manifests of a Kyverno that is not', async () => {
    const { code, stdout } = await place.build({ ENVTEST_ARCHIVE_URL: 'off' }, ['etcd', 'registry']);
    expect(code).to.equal(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.split(':')[0]),
    ).to.deep.equal(['etcd', 'registry']);
    expect(place.builds().map((call) => call.split('/').at(-1))).to.have.members(['v3', 'registry']);
    expect(readdirSync(join(place.cache, 'bin'), { recursive: true }).map(String)).to.not.include(
      'kyverno-manifests.json',
    );
  });

  it('downloads the archive of envtest where no controller manager is asked for, and builds the rest', async () => {
    const archive = await serveArchive(place.folder);
    const needed = ['etcd', 'kube-apiserver', 'kubectl', 'registry'];
    const { stdout, stderr } = await place.build(archive.environment, needed);
    await archive.close();
    expect(stderr).to.include(`downloading ${archive.environment.ENVTEST_ARCHIVE_URL} …`);
    expect(stdout).to.match(/^kube-apiserver: .*\/envtest-[0-9a-f]{16}\/kube-apiserver$/m);
    expect(place.builds()).to.have.length(1);
    const again = await place.build(archive.environment, needed);
    expect([again.code, again.stderr]).to.deep.equal([0, '']);
  });

  it('builds what it finds no archive of', async () => {
    const archive = await serveArchive(place.folder);
    await archive.close();
    const { code, stderr } = await place.build(archive.environment, ['etcd']);
    expect(code).to.equal(0);
    expect(stderr).to.match(/This archive can't be downloaded \(.*ECONNREFUSED.*\): its programs are built instead\./);
    expect(place.builds()).to.have.length(1);
  });

  it('names the programs that there are to who asks for another', async () => {
    const { code, stderr } = await place.build({}, ['kubelet']);
    expect(code).to.equal(1);
    expect(stderr).to.equal(`There is no program kubelet. There are ${programs.map(({ name }) => name).join(', ')}.\n`);
  });

  it('says so when KUBEBUILDER_ASSETS names nothing', async () => {
    const { code, stderr } = await place.build({ KUBEBUILDER_ASSETS: join(place.folder, 'nowhere') });
    expect(code).to.equal(1);
    expect(stderr).to.match(/^KUBEBUILDER_ASSETS names .*nowhere, which does not exist\. Unset it/);
  });

  it('uses a kubectl on PATH of a neighbouring version', async () => {
    place.script('kubectl', '#!/bin/sh\necho \'{"clientVersion": {"gitVersion": "v1.35.9"}}\'\n');
    const { stdout } = await place.build();
    expect(stdout).to.include(`kubectl: ${join(place.folder, 'path', 'kubectl')}\n`);
  });

  it('says what to install when there is no Go', async () => {
    rmSync(join(place.folder, 'path', 'go'));
    const { code, stderr } = await place.build({ PATH: join(place.folder, 'path') });
    expect(code).to.equal(1);
    expect(stderr).to.include('there is no `go` on PATH. Install Go 1.26 or later');
    expect(stderr).to.not.include(' at ');
  });

  it('says which Go is needed when this one is too old', async () => {
    place.script(
      'go',
      '#!/bin/sh\necho "go: go.mod requires go >= 1.26.0 (running go 1.22.1; GOTOOLCHAIN=local)" >&2\nexit 1\n',
    );
    const { code, stderr } = await place.build();
    expect(code).to.equal(1);
    expect(stderr).to.include('This Go is too old: Go 1.26.0 or later is needed.');
  });

  it('shows the last lines of a failed build, ends the others, and builds on next time', async () => {
    place.script(
      'go',
      FAKE_GO.replace(
        'build)',
        'build) case "$*" in *cmd/kyverno) echo "no space left" >&2; exit 1;; *etcd*) sleep 60;; esac;',
      ),
    );
    const { code, stderr } = await place.build();
    expect(code).to.equal(1);
    expect(stderr).to.include('github.com/kyverno/kyverno/cmd/kyverno` failed').and.include('no space left');
    place.script('go', FAKE_GO);
    expect((await place.build()).code).to.equal(0);
  });
});
