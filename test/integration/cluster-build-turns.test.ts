import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { BuildPlace } from '../support/build-place.js';
import type { StartedBuild } from '../support/build-place.js';
import { eventually } from '../support/wait.js';

describe('building the local cluster while another process builds it', function () {
  this.timeout(60_000);
  let place: BuildPlace;

  beforeEach(() => {
    place = new BuildPlace();
  });

  afterEach(() => {
    place.remove();
  });

  /** Starts a build of these programs, each of which is held. */
  async function startAndBuild(names: readonly string[]): Promise<StartedBuild> {
    const build = place.start(names);
    await eventually(
      () => {
        expect(place.builds(), build.stderr()).to.have.length(names.length);
      },
      { timeoutMs: 20_000, message: 'the first build' },
    );
    return build;
  }

  /** Starts a second build of the registry, which waits for the first. */
  async function startAndWait(line: string): Promise<StartedBuild> {
    const build = place.start(['registry']);
    await eventually(
      () => {
        expect(build.stderr()).to.equal(`${line}\n`);
      },
      { timeoutMs: 20_000, message: 'the second build to wait' },
    );
    return build;
  }

  function programsInCache(): readonly string[] {
    const files = readdirSync(join(place.cache, 'bin'), { recursive: true }).map(String);
    return files.filter((file) => file.includes('/')).map((file) => file.split('/')[1] ?? '');
  }

  it('says which process it waits for, and goes on as soon as that has built what it needs', async () => {
    const release = { etcd: place.hold('etcd'), registry: place.hold('registry') };
    const first = await startAndBuild(['etcd', 'registry']);
    const second = await startAndWait(`waiting for registry: process ${first.pid} is building etcd, registry …`);
    release.registry();
    expect(await second.ended, second.stderr()).to.equal(0);
    expect(first.isRunning(), 'the first still builds etcd').to.equal(true);
    release.etcd();
    expect(await first.ended, first.stderr()).to.equal(0);
    expect(place.builds()).to.have.length(2);
    expect(programsInCache()).to.have.members(['etcd', 'registry']);
  });

  it('builds by itself where the other one is killed', async () => {
    const release = place.hold('registry');
    const first = await startAndBuild(['registry']);
    const second = await startAndWait(`waiting for registry: process ${first.pid} is building registry …`);
    process.kill(first.pid, 'SIGKILL');
    expect(await first.ended).to.equal(null);
    release();
    expect(await second.ended, second.stderr()).to.equal(0);
    expect(second.stderr()).to.match(/^building registry .*: done in/m);
    expect(place.builds()).to.have.length(2);
    expect(programsInCache()).to.include('registry');
  });

  it('builds by itself where the build of the other one fails', async () => {
    const release = place.hold('registry');
    place.failOnce('registry');
    const first = await startAndBuild(['registry']);
    const second = await startAndWait(`waiting for registry: process ${first.pid} is building registry …`);
    release();
    expect(await first.ended, first.stderr()).to.equal(1);
    expect(first.stderr()).to.include('no space left');
    expect(await second.ended, second.stderr()).to.equal(0);
    expect(programsInCache()).to.deep.equal(['registry']);
  });
});
