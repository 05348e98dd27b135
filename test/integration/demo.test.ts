import { join } from 'node:path';
import { expect } from 'chai';
import { harborVersions } from '../harbor/index.js';
import { runCommand } from '../support/command.js';

/** The oldest Harbor goes with the engine that needs no Kyverno. */
const engineOf = (version: string): string =>
  version === harborVersions[0] ? 'MutatingAdmissionPolicy' : 'ClusterPolicy';

for (const version of harborVersions) {
  const engine = engineOf(version);
  describe(`the demo with a Harbor stand-in of version ${version} and the engine ${engine}`, function () {
    it('tells its story to the end and leaves nothing running', async function () {
      // A first start may have to build everything.
      this.timeout(40 * 60_000);
      const args = ['--import', 'tsx', join(import.meta.dirname, '../demo/main.ts'), '--once', '--engine', engine];
      const env = { ...process.env, HARBOR_URL: '', HARBOR_VERSION: version };
      const { code, stdout, stderr } = await runCommand(process.execPath, args, { env });
      expect(code, `${stdout}${stderr}`).to.equal(0);
      const endpoint = /127\.0\.0\.1:\d+\/upstream-harbor\/atlas\/worker:24\.2/.exec(stdout)?.[0] ?? '';
      expect(stdout).to.match(/NAME +UPSTREAM +PULL-PREFIX +READY +STATUS +AGE\n/);
      expect(stdout).to.contain(`registry.example.org/atlas/worker:24.2\n`).and.to.contain(`-> ${endpoint}\n`);
      const harbor = `http://${endpoint.split('/')[0] ?? ''}`;
      const answer = await fetch(`${harbor}/api/v2.0/ping`).then(
        () => 'answers',
        () => 'is gone',
      );
      expect(answer, `the Harbor at ${harbor}`).to.equal('is gone');
    });
  });
}
