import { expect } from 'chai';
import { parseAllDocuments, stringify } from 'yaml';
import { FLUX_NAMESPACE } from '../../cluster/flux.js';
import { commandsOf, inShell } from '../../support/documented.js';
import { eventually } from '../../support/wait.js';
import { useWorld } from '../use-world.js';
import { kustomization, MIRRORS, OPERATOR, useFluxSample } from './flux-sample.js';

/** As the sample's Kustomization of mirrors, with another folder: Flux gives this one up after a second. */
const OTHERS = 'other-mirrors';
const CACHED = 'harbor.cache.test/dockerhub/library/nginx';

interface Kustomization {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: object;
}

describe('an operator that Flux takes away before its mirrors', function () {
  this.timeout(120_000);
  const world = useWorld({ operator: false });
  const sample = useFluxSample(world);

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world().cluster.kubectl(args);
    expect(code, stderr).to.equal(0);
    return stdout;
  };
  /** Who waits to be deleted, and for what. */
  const held = async (): Promise<readonly string[]> => {
    const jsonpath =
      'jsonpath={range .items[?(@.metadata.deletionTimestamp)]}{.metadata.name} {.metadata.finalizers[*]}{"\\n"}{end}';
    return (await kubectl('get', 'registrymirrors', '-o', jsonpath)).trim().split('\n').sort();
  };
  before(async function () {
    this.timeout(240_000);
    const hub = sample().files['mirrors/docker-hub.yaml'];
    const quay = (typeof hub === 'string' ? hub : '').replaceAll('docker-hub', 'quay').replaceAll('dockerhub', 'quay');
    const revision = await sample().git.commit({ ...sample().files, 'others/quay.yaml': quay });
    const both = await sample().kustomizations();
    const documents = parseAllDocuments(both).map((document) => document.toJS() as Kustomization);
    const mirrors = documents.find(({ metadata }) => metadata.name === MIRRORS);
    if (mirrors === undefined) throw new Error(`The sample has no Kustomization ${MIRRORS}.`);
    const metadata = { ...mirrors.metadata, name: OTHERS };
    const others = { ...mirrors, metadata, spec: { ...mirrors.spec, path: './others' } };
    await world().cluster.apply(`${both}---\n${stringify(others)}`);
    await sample().runOperator();
    for (const name of [OPERATOR, MIRRORS, OTHERS]) await sample().untilApplied(name, revision);
    expect(await world().imageOfNewPod('nginx')).to.equal(CACHED);
  });

  it('goes at once, and new Pods are rewritten as before', async () => {
    await sample().delete(OPERATOR);
    // In a cluster with nodes it would have ended with its Deployment.
    await world().operator.stop();
    await sample().untilNamespaceIsGone();
    expect(await kubectl('get', 'registrymirrors', '-o', 'jsonpath={.items[*].metadata.name}')).to.equal(
      'dockerhub quay',
    );
    expect(await world().imageOfNewPod('nginx')).to.equal(CACHED);
  });

  it('leaves mirrors that wait in deletion, and their Kustomizations with them until their timeout', async () => {
    const short = ['--type=merge', '-p', '{"spec":{"timeout":"1s"}}'];
    await kubectl('patch', 'kustomization', OTHERS, '-n', FLUX_NAMESPACE, ...short);
    await sample().delete(MIRRORS, OTHERS, '--wait=false');
    await eventually(
      async () => {
        const get = ['get', 'kustomizations', '-n', FLUX_NAMESPACE, '-o', 'jsonpath={.items[*].metadata.name}'];
        expect(await kubectl(...get)).to.equal(MIRRORS);
      },
      { timeoutMs: 60_000 },
    );
    await eventually(async () => {
      expect(await held()).to.deep.equal(['dockerhub', 'quay'].map((name) => `${name} registrymirror.io/finalizer`));
    });
    const { metadata } = await sample().get(kustomization(MIRRORS));
    expect(metadata.deletionTimestamp).to.be.a('string');
    expect(await world().imageOfNewPod('nginx')).to.equal(CACHED);
  });

  it('has all of it gone by the documented command: mirrors, policies, and what waited for them', async () => {
    const commands = commandsOf('docs/how-to/uninstall.md', 'The operator is gone already');
    for (const command of commands) await inShell(world().cluster, command);
    expect(await kubectl('get', 'registrymirrors', '-o', 'name')).to.equal('');
    await eventually(
      async () => {
        expect(await kubectl('get', 'kustomizations', '-n', FLUX_NAMESPACE, '-o', 'name')).to.equal('');
        const ours = ['-l', 'registrymirror.io/managed-by'];
        expect(await kubectl('get', 'clusterpolicies', ...ours, '-o', 'name')).to.equal('');
      },
      { timeoutMs: 90_000 },
    );
    await world().untilImage('nginx', 'nginx');
  });
});
