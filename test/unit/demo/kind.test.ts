import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { tellOnKind } from '../../demo/kind.js';
import type { DemoEngine } from '../../demo/mirrors.js';

describe('the demo on kind', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-mirror-kind-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Programs that write down how they were called, and succeed unless they are called with a certain word. */
  const fake = (failing = 'nothing', programs = ['docker', 'kind', 'helm', 'kubectl']): void => {
    for (const program of programs) {
      const path = join(folder, program);
      const script = `echo "${program} $*" >> "${folder}/calls"; case "$*" in *${failing}*) echo "no such thing" >&2; exit 1;; esac`;
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    }
  };
  const calls = (): readonly string[] => readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n');
  /** @returns what it says, and what it fails with */
  const demo = async (engine: DemoEngine = 'ClusterPolicy', ends = false): Promise<string> => {
    const said: string[] = [];
    const out = (line: string): void => {
      said.push(line);
    };
    const end = await tellOnKind({ engine, ends, env: { PATH: folder }, out }).then(
      () => 'done',
      (error: unknown) => (error instanceof Error ? error.message : 'failed'),
    );
    return [...said, end].join('\n');
  };

  it('installs Harbor, Kyverno and the operator before it applies the mirror and creates a Pod', async () => {
    fake();
    const told = await demo();
    const shown = calls().map((call) => call.replace(/ --(kube-)?context kind-registry-mirror-demo/, ''));
    expect(shown.map((call) => call.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      'kind create cluster',
      'helm install harbor',
      'helm install kyverno',
      'docker build --tag',
      'kind load docker-image',
      'helm install registry-mirror-operator',
      'kubectl apply -f',
      'kubectl wait registrymirror',
      'kubectl get registrymirrors',
      'kubectl run web',
      'kubectl wait pod',
      'kubectl get pod',
    ]);
    expect(told).to.match(/To end it: kind delete cluster --name registry-mirror-demo\ndone$/);
  });

  it('needs no Kyverno with the API server’s own policies, and goes again with --once', async () => {
    fake();
    expect(await demo('MutatingAdmissionPolicy', true)).to.match(/\ndone$/);
    expect(calls().filter((call) => call.includes('kyverno'))).to.deep.equal([]);
    expect(calls().at(-1)).to.equal('kind delete cluster --name registry-mirror-demo');
  });

  it('says which programs are missing, before it does anything', async () => {
    fake('nothing', ['helm', 'kubectl']);
    expect(await demo()).to.include('Missing: docker, kind.');
    expect(existsSync(join(folder, 'calls'))).to.equal(false);
  });

  it('says what failed, and how to start over', async () => {
    fake('load');
    expect(await demo())
      .to.include('step 4 (Build the operator and install it)')
      .and.include('no such thing')
      .and.include('To start over: kind delete cluster');
  });
});
