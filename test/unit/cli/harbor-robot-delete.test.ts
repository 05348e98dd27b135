import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../../../src/cli/program.js';
import { createHarborClient } from '../../../src/harbor/client.js';
import type { HarborClient } from '../../../src/harbor/client.js';
import { keepOwnRobot } from '../../../src/robots/keep-own-robot.js';
import type { OwnLogin } from '../../../src/robots/keep-own-robot.js';
import { startHarbor } from '../../harbor/index.js';
import type { HarborStandIn, Login } from '../../harbor/index.js';

const DAY_S = 86_400;

interface Result {
  readonly code: number;
  readonly out: string;
  readonly warnings: string;
}

describe('registry-mirror harbor-robot --delete', () => {
  let harbor: HarborStandIn;
  let admin: HarborClient;
  let folder: string;

  beforeEach(async () => {
    harbor = await startHarbor();
    admin = createHarborClient({ url: harbor.url, ...harbor.admin });
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-robot-'));
  });
  afterEach(async () => {
    admin.close();
    rmSync(folder, { recursive: true });
    await harbor.stop();
  });

  const harborRobot = async (login: Login, ...args: readonly string[]): Promise<Result> => {
    const file = join(folder, 'password');
    writeFileSync(file, login.password);
    const where = ['--harbor-url', harbor.url, '--harbor-username', login.username, '--harbor-password-file', file];
    const out: string[] = [];
    const warnings: string[] = [];
    const output = { out: (line: string) => out.push(line), warn: (line: string) => warnings.push(line) };
    const code = await run(['harbor-robot', ...where, ...args], output);
    return { code, out: out.join('\n'), warnings: warnings.join('\n') };
  };
  const create = async (name: string): Promise<void> => {
    expect((await harborRobot(harbor.admin, '--create', '--name', name)).code).to.equal(0);
  };
  const remove = async (...args: readonly string[]): Promise<Result> => harborRobot(harbor.admin, '--delete', ...args);
  const names = (): readonly string[] => harbor.robots().map(({ name }) => name);
  /** As the operator of that cluster does, `times` times in a row, each time as if the one before were about to expire. */
  const mint = async (clusterId: string, times = 1): Promise<void> => {
    let kept: OwnLogin | undefined;
    const read = (): Promise<OwnLogin | undefined> => Promise.resolve(kept);
    const write = (login: OwnLogin): Promise<void> => {
      kept = login;
      return Promise.resolve();
    };
    for (let time = 0; time < times; time += 1) {
      for (const robot of harbor.robots()) robot.expiresAt -= 21 * DAY_S;
      await keepOwnRobot({ robots: admin, store: { read, write }, clusterId, now: Date.now });
    }
  };

  it('deletes what --create made, by the same name, and no other', async () => {
    await create('registry-mirror-operator');
    await create('east-registry-mirror-operator');
    const { code, out } = await remove();
    expect([code, out]).to.deep.equal([0, 'Robot account robot$registry-mirror-operator is deleted.']);
    expect(names()).to.deep.equal(['east-registry-mirror-operator']);
  });

  it('takes the name as Harbor shows it, whatever its prefix for robot accounts is', async () => {
    harbor.configuration.robotNamePrefix = 'bot-';
    await create('registry-mirror-operator');
    const { warnings } = await remove();
    expect(warnings).to.include('no robot account registry-mirror-operator.');
    expect(warnings).to.include('are: bot-registry-mirror-operator.');
    expect((await remove('--name', 'bot-registry-mirror-operator')).code).to.equal(0);
    expect(names()).to.deep.equal([]);
  });

  it('leaves a robot account of that name alone that somebody else made', async () => {
    harbor.addRobot('registry-mirror-operator');
    const { code, out, warnings } = await remove();
    expect([code, out]).to.deep.equal([2, '']);
    expect(warnings).to.include('Robot account robot$registry-mirror-operator stays');
    expect(names()).to.deep.equal(['registry-mirror-operator']);
  });

  it('says that there is none, and which there are', async () => {
    await create('mirrors');
    const { code, warnings } = await remove('--name', 'mirror');
    expect(code).to.equal(2);
    expect(warnings).to.include('no robot account mirror.').and.include('are: robot$mirrors.');
  });

  describe('--minted', () => {
    it('deletes both that an operator has while one takes the place of the other, and those of no other cluster', async () => {
      await mint('west', 2);
      await mint('east');
      await create('registry-mirror-operator');
      const [older, newer, ...others] = names();
      const { code, out } = await remove('--minted', '--cluster-id', 'west');
      expect(code).to.equal(0);
      expect(out.split('\n')).to.have.members(
        [older, newer].map((name) => `Robot account robot$${name ?? ''} is deleted.`),
      );
      expect(names()).to.deep.equal(others).and.have.length(2);
    });

    it('leaves alone what has only the name, or only the mark, of the operator’s own', async () => {
      await mint('west', 2);
      harbor.addRobot('mine');
      const [named, minted, marked] = harbor.robots();
      if (named === undefined || minted === undefined || marked === undefined) throw new Error('There are not three.');
      marked.description = minted.description;
      named.description = 'somebody else’s';
      const { out } = await remove('--minted', '--cluster-id', 'west');
      expect(out).to.equal(`Robot account robot$${minted.name} is deleted.`);
      expect(names()).to.deep.equal([named.name, 'mine']);
    });

    it('says that there is none', async () => {
      await mint('east');
      const { code, warnings } = await remove('--minted', '--cluster-id', 'west');
      expect(code).to.equal(2);
      expect(warnings)
        .to.include('cluster west')
        .and.include('--cluster-id')
        .and.include(`robot$${names()[0] ?? '?'}`);
    });
  });

  it('says whose login it takes, where this one may not do it', async () => {
    const login = harbor.addRobot('operator');
    for (const robot of harbor.robots()) robot.permissions = [];
    await create('registry-mirror-operator');
    const { code, warnings } = await harborRobot(login, '--delete');
    expect(code).to.equal(2);
    expect(warnings).to.include('robot$operator list and delete robot accounts').and.include('an administrator');
    expect(names()).to.include('registry-mirror-operator');
  });

  it('asks for the password where it is wrong, and doesn’t show it', async () => {
    await create('registry-mirror-operator');
    const { code, warnings } = await harborRobot({ ...harbor.admin, password: 'not-the-password' }, '--delete');
    expect(code).to.equal(2);
    expect(warnings).to.include('401').and.not.include('not-the-password');
    expect(names()).to.have.length(1);
  });
});
