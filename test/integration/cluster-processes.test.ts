import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { eventually } from '../support/wait.js';

const clusterScript = join(import.meta.dirname, '..', 'cluster', 'bin', 'cluster.ts');

/** Programs whose command line names `folder`. */
function programsIn(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8');
      } catch {
        return ''; // It has ended meanwhile.
      }
    })
    .filter((commandLine) => commandLine.includes(folder))
    .map((commandLine) => (commandLine.split('\0')[0] ?? '').split('/').at(-1) ?? '');
}

describe('npm run cluster', function () {
  this.timeout(60_000);
  let script: ChildProcess;
  let folder: string;

  beforeEach(async () => {
    script = spawn(process.execPath, ['--import', 'tsx', clusterScript], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    script.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    folder = await eventually(
      () => {
        const path = /^export KUBECONFIG=(\S+)$/m.exec(output)?.[1];
        if (path === undefined) throw new Error(`It printed: ${output}`);
        return dirname(path);
      },
      { timeoutMs: 50_000 },
    );
  });

  afterEach(() => script.kill('SIGKILL'));

  const expectNothingLeft = async (): Promise<void> =>
    eventually(() => {
      expect(programsIn(folder)).to.deep.equal([]);
      expect(existsSync(folder)).to.equal(false);
    });

  it('prints a KUBECONFIG and stays up until ctrl-C, which leaves nothing behind', async () => {
    expect(programsIn(folder)).to.include.members(['etcd', 'kube-apiserver', 'kube-controller-manager']);
    script.kill('SIGINT');
    expect(await once(script, 'exit')).to.deep.equal([0, null]);
    await expectNothingLeft();
  });

  it('leaves nothing behind when it is killed', async () => {
    script.kill('SIGKILL');
    await expectNothingLeft();
  });
});
