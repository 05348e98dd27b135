import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runCommand } from '../support/command.js';
import { Daemons } from '../support/daemons.js';
import type { Daemon } from '../support/daemons.js';
import { commandsOf } from '../support/documented.js';
import { eventually } from '../support/wait.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = 'docs/tutorial/demo.md';

describe('the demo that stays up', function () {
  this.timeout(120_000);
  let demo: Daemon;
  let said: string;
  /** The commands that the demo prints before those that it shows: where the cluster and Harbor are. */
  let exports: string;

  before(async function () {
    // A first start may have to build everything.
    this.timeout(40 * 60_000);
    const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-demo-'));
    const logPath = join(folder, 'demo.log');
    demo = new Daemons(folder).start({
      name: 'the demo',
      program: process.execPath,
      args: ['--import', 'tsx', join(ROOT, 'test/demo/main.ts')],
      env: { ...process.env, HARBOR_URL: '' },
      cwd: ROOT,
      logPath,
    });
    const told = await eventually(
      () => {
        const text = readFileSync(logPath, 'utf8');
        if (demo.running()) expect(text).to.include('ctrl-C ends everything');
        return text;
      },
      { timeoutMs: 39 * 60_000, message: 'the demo’s last words' },
    );
    demo.check();
    said = told.slice(told.indexOf('To play with them'));
    exports = [...said.matchAll(/^ {2}(export .*)$/gm)].map(([, line]) => line).join('\n');
  });
  after(async () => demo.stop(30_000));

  const shell = async (commands: string): Promise<string> => {
    // The page has the command line built first; here it runs from its source.
    const cli = `'${process.execPath}' --import tsx src/cli/main.ts`;
    const script = commands.replaceAll('npm run build\n', '').replaceAll('npx node dist/cli/main.js', cli);
    const { code, stdout, stderr } = await runCommand('bash', ['-euc', `${exports}\n${script}`], { cwd: ROOT });
    expect(code, `${script}\n${stdout}${stderr}`).to.equal(0);
    return stdout;
  };

  it('prints commands that work', async () => {
    const [, commands = ''] = /((?:^ {2}kubectl .*\n)+)/m.exec(said) ?? [];
    expect(await shell(commands)).to.match(
      /^pod\/web created\n127\.0\.0\.1:\d+\/dockerhub\/library\/nginx\nName: +dockerhub\n/,
    );
    await shell('kubectl delete pod web');
  });

  it('can be played with as its page says', async () => {
    const [look = '', spoil = ''] = commandsOf(PAGE, 'To play with it');
    expect(await shell(look))
      .to.match(/^container web: nginx -> 127\.0\.0\.1:\d+\/dockerhub\/library\/nginx \(mirror dockerhub\)$/m)
      .and.match(/^No changes\.$/m);
    expect(await shell(spoil)).to.include('condition met');
  });

  it('ends in order when it is told to', async () => {
    await demo.stop(30_000);
    expect(demo.exitCode()).to.equal(0);
  });
});
