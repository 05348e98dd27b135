import { expect } from 'chai';
import { runStep } from '../../support/workflow-step.js';
import type { StepOptions, StepResult } from '../../support/workflow-step.js';

const VERSION = '1.2.3';
const TAG = { GITHUB_REF_NAME: `v${VERSION}` };
const DIGEST = `sha256:${'0a'.repeat(32)}`;

const CRD = 'crds/registrymirror.io_registrymirrors.yaml';
const KEPT = `test/data/crds/${VERSION}.yaml`;

describe('the workflow of a release', () => {
  describe('looks at the tag first, and', () => {
    const READY: Readonly<Record<string, string>> = {
      'package.json': JSON.stringify({ version: VERSION }),
      'CHANGELOG.md': `# Changelog\n\n## [Unreleased]\n\n## [${VERSION}] - 2026-11-28\n`,
      [CRD]: 'kind: CustomResourceDefinition\n',
      [KEPT]: 'kind: CustomResourceDefinition\n',
    };
    const NONE = 'echo "release not found" >&2; exit 1';
    const look = async (files: Readonly<Record<string, string>>, gh = NONE): Promise<StepResult> =>
      await runStep('release', 'tag', 'The tag is of a version that is ready, and that is not out yet', {
        env: TAG,
        files,
        programs: { gh },
      });

    it('goes on where all is ready, also where the draft is there from a run before', async () => {
      for (const gh of [NONE, 'echo true']) {
        const { code, stdout, stderr } = await look(READY, gh);
        expect(code, stdout + stderr).to.equal(0);
      }
    });

    const withoutKept = Object.fromEntries(Object.entries(READY).filter(([path]) => path !== KEPT));
    for (const [what, says, files] of [
      ['package.json has another version', 'package.json has', { ...READY, 'package.json': '{"version":"1"}' }],
      ['the CHANGELOG has no such section', 'CHANGELOG.md has no', { ...READY, 'CHANGELOG.md': '## [Unreleased]\n' }],
      ['the CRD is not kept', 'test/data/crds lacks', withoutKept],
      ['another CRD is kept', 'test/data/crds lacks', { ...READY, [KEPT]: 'kind: Other\n' }],
    ] as const)
      it(`ends where ${what}`, async () => {
        const { code, stdout } = await look(files);
        expect(code).to.equal(1);
        expect(stdout).to.include(`::error::${says}`);
      });

    it('ends where that version is published', async () => {
      const { code, stdout } = await look(READY, 'echo false');
      expect(code).to.equal(1);
      expect(stdout).to.include('::error::This version is released.');
    });
  });

  it('calls image and chart by names without capitals', async () => {
    const env = { ...TAG, GITHUB_REPOSITORY: 'Example/Mirrors', GITHUB_REPOSITORY_OWNER: 'Example' };
    const { outputs } = await runStep('release', 'tag', 'What the image and the chart are called', { env });
    const names = outputs.map((line) => line.replace(/=.*?\//, '=…/'));
    expect(names).to.deep.equal([`version=${VERSION}`, 'image=…/example/mirrors', 'charts=…/example/charts']);
  });

  describe('pushes the chart, and', () => {
    const push = async (helm: string): Promise<StepResult> =>
      await runStep('release', 'release', 'The chart, with the image that was pushed', {
        env: { VERSION, GITHUB_REPOSITORY: 'a/b', GITHUB_ACTOR: 'a', IMAGE: 'i', CHARTS: 'c', DIGEST, TOKEN: 't' },
        programs: { npx: 'true', helm: `case "$1" in registry) cat > /dev/null;; push) ${helm};; esac` },
      });
    // As Helm 4 prints it.
    const PUSHED = `echo "Pushed: c/registry-mirror-operator:${VERSION}" >&2; echo "Digest: ${DIGEST}" >&2`;

    it('passes on its digest, which is signed', async () => {
      const { code, outputs, stderr } = await push(PUSHED);
      expect(code, stderr).to.equal(0);
      expect(outputs).to.deep.equal([`digest=${DIGEST}`]);
    });

    it('ends where that fails', async () => {
      const { code, outputs } = await push(`${PUSHED}; exit 1`);
      expect([code, outputs]).to.deep.equal([1, []]);
    });

    it('ends where Helm names no digest', async () => {
      const { code, outputs } = await push('true');
      expect([code, outputs]).to.deep.equal([1, []]);
    });
  });

  describe('makes the draft of the release, and', () => {
    const GH = 'echo "$2" >> calls; [ "$2" != view ]';
    const calls = async (gh: string): Promise<string | undefined> => {
      const options: StepOptions = { env: TAG, programs: { gh } };
      const { code, files } = await runStep('release', 'release', 'The release, which nobody sees yet', options, [
        'calls',
      ]);
      expect(code).to.equal(0);
      return files.calls;
    };

    it('makes it once, however often the job is run', async () => {
      expect(await calls(GH)).to.equal('view\ncreate\nupload\n');
      expect(await calls('echo "$2" >> calls')).to.equal('view\nupload\n');
    });
  });

  describe('publishes the release, and', () => {
    const verify = async (cosign: string): Promise<StepResult> =>
      await runStep('release', 'publish', 'Image and chart can be had by everybody, and are signed', {
        env: { IMAGE: 'example/image@sha256:1', CHART: 'example/chart@sha256:2', GITHUB_WORKFLOW_REF: 'a/b' },
        programs: { cosign },
      });

    it('ends before that where not everybody can pull and verify the image, or the chart', async () => {
      expect(await verify('true')).to.include({ code: 0 });
      for (const name of ['example/image@sha256:1', 'example/chart@sha256:2']) {
        const { code, stdout } = await verify(`[ "$2" != ${name} ]`);
        expect(code).to.equal(1);
        expect(stdout).to.include(`::error::Not everybody can pull and verify ${name}.`);
      }
    });

    it('lists what is released, and not the lists of a run before', async () => {
      const RELEASED = ['LICENSES.txt', 'registry-mirror.mjs', 'registry-mirror_linux_amd64.tar.gz', 'sbom.cdx.json'];
      const OLD = ['SHA256SUMS', 'SHA256SUMS.sigstore.json', 'krew.yaml'];
      // Takes what the patterns match, as `gh release download` does.
      const gh = `
        [ "$2" = download ] || exit 0
        mkdir files
        while [ $# -gt 0 ]; do
          if [ "$1" = --pattern ]; then cp released/$2 files/; shift; fi
          shift
        done`;
      const { code, stderr, files } = await runStep(
        'release',
        'publish',
        'Checksums, signed, and the manifest for krew',
        {
          env: { ...TAG, GITHUB_REPOSITORY: 'a/b' },
          files: Object.fromEntries([...RELEASED, ...OLD].map((name) => [`released/${name}`, name])),
          programs: { gh, npm: 'true', npx: 'true', cosign: 'true' },
        },
        ['SHA256SUMS'],
      );
      expect(code, stderr).to.equal(0);
      const listed = files.SHA256SUMS?.match(/(?<= {2}).*$/gm);
      expect(listed).to.deep.equal(RELEASED);
    });
  });
});
