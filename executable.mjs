// Makes a program of its own of a script and the Node that runs this: Node calls it a single executable application.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** Node looks for a script behind this. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * @param {string} script the text of a CommonJS script that needs no other file
 * @param {string} file the program, for the system that this runs on
 */
export async function writeExecutable(script, file) {
  const folder = mkdtempSync(join(tmpdir(), 'registry-mirror-executable-'));
  try {
    const [main, output, config] = ['main.cjs', 'blob', 'config.json'].map((name) => join(folder, name));
    writeFileSync(main, script);
    writeFileSync(config, JSON.stringify({ main, output, disableExperimentalSEAWarning: true }));
    execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'pipe' });
    copyFileSync(process.execPath, file);
    chmodSync(file, 0o755);
    const isMac = process.platform === 'darwin';
    // What is put in breaks Apple's signature; without any, the system doesn't start the program.
    if (isMac) execFileSync('codesign', ['--remove-signature', file]);
    const { inject } = createRequire(import.meta.url)('postject');
    await inject(file, 'NODE_SEA_BLOB', readFileSync(output), {
      sentinelFuse: FUSE,
      ...(isMac ? { machoSegmentName: 'NODE_SEA' } : {}),
    });
    if (isMac) execFileSync('codesign', ['--sign', '-', file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
