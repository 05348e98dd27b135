import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../support/command.js';
import { portOf } from '../../support/ports.js';

const ROOT = join(import.meta.dirname, '../../..');

describe('the Harbor stand-in as a command', function () {
  this.timeout(30_000);

  const harbor = (...args: readonly string[]): ReturnType<typeof runCommand> =>
    runCommand(process.execPath, ['--import', 'tsx', 'test/harbor/bin/harbor.ts', ...args], { cwd: ROOT });

  it('says that its port is taken, and what to do', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String(portOf(server));
    const { code, stderr } = await harbor('--port', port);
    server.close();
    expect(stderr.trim()).to.equal(`Something else listens at 127.0.0.1:${port}: choose another port with --port.`);
    expect(code).to.equal(1);
  });

  it('says what a port and an upstream look like', async () => {
    expect((await harbor('--port', 'x')).stderr)
      .to.include('a number from 0 to 65535')
      .and.not.include('    at ');
    expect((await harbor('--upstream', '=x')).stderr)
      .to.include('HOST or HOST=URL')
      .and.not.include('    at ');
  });
});
