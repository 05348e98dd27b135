import { expect } from 'chai';
import { KubeConfig } from '@kubernetes/client-node';
import type { RegistryMirror } from '../../../../src/api/registry-mirror.js';
import { OperatorCluster } from '../../../../src/controller/watches/cluster.js';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { createLog } from '../../../../src/log.js';
import { mirror } from '../../mirror/mirror.js';

/** Nothing listens there: what the API server has answered is told by the test. */
function kubeConfig(): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: 'none', server: 'https://127.0.0.1:9', skipTLSVerify: false },
    { name: 'nobody' },
  );
  return config;
}

/** A mirror of this version, with this project in its spec and this one in its status. */
function version(number: number, name: string, project: string, reported?: string): RegistryMirror {
  const harbor = { url: 'https://harbor.test', ...(reported === undefined ? {} : { projectName: reported }) };
  return mirror(name, {
    metadata: { resourceVersion: String(number) },
    spec: { project: { name: project } },
    status: { observedGeneration: 2, harbor },
  });
}

describe('the cluster as reconcilers see it', () => {
  let cluster: OperatorCluster;
  const naming = (project: string): readonly string[] =>
    cluster.mirrorsNaming(project).map(({ metadata }) => metadata.name);

  beforeEach(() => {
    const api = new KubernetesApi(kubeConfig());
    const log = createLog('error');
    const names = { namespace: 'operator', keySecret: 'key', ownSecrets: new Set<string>(), instance: 'test' };
    cluster = new OperatorCluster({ api, log, ...names });
  });

  it('knows who names a project by the spec, and by the status that the operator itself has just written', async () => {
    const { mirrorInformer } = cluster;
    mirrorInformer.observe(version(1, 'a', 'old'));
    mirrorInformer.observe(version(2, 'b', 'other'));
    expect(naming('old')).to.deep.equal(['a']);
    await mirrorInformer.write('a', () => Promise.resolve(version(3, 'a', 'new', 'old')));
    expect([naming('old'), naming('new')]).to.deep.equal([['a'], ['a']]);
    await mirrorInformer.write('a', () => Promise.resolve(version(4, 'a', 'new', 'new')));
    expect([naming('old'), naming('new'), naming('other')]).to.deep.equal([[], ['a'], ['b']]);
    mirrorInformer.forget(version(4, 'a', 'new', 'new'));
    expect(naming('new')).to.deep.equal([]);
  });
});
