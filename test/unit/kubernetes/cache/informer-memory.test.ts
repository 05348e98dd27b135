import { expect } from 'chai';
import { KubernetesApi } from '../../../../src/kubernetes/api.js';
import { Informer } from '../../../../src/kubernetes/cache/informer.js';
import type { KubernetesObject, Resource } from '../../../../src/kubernetes/objects.js';
import { resourcePath } from '../../../../src/kubernetes/objects.js';
import { eventually } from '../../../support/wait.js';
import { StubApiServer } from '../stub-api-server.js';

const THINGS: Resource = { group: 'example.org', version: 'v1', plural: 'things' };
const PATH = resourcePath(THINGS);
/** One more than a page of a list has. */
const COUNT = 501;

describe('what an informer keeps', () => {
  it('is not who wrote which field, on whatever page of a list the object is, nor where it comes in an event', async () => {
    const server = await new StubApiServer().start();
    const api = new KubernetesApi(server.kubeConfig());
    const informer = new Informer<KubernetesObject>(api, THINGS, { onError: () => undefined });
    const create = (name: string): void => {
      const metadata = { name, managedFields: [{ manager: 'kubectl' }] };
      server.objects.create(PATH, { metadata });
    };
    try {
      for (let i = 0; i < COUNT; i += 1) create(`thing-${i}`);
      informer.start();
      await informer.synced();
      create('later');
      await eventually(() => {
        expect(informer.get('later')).to.not.equal(undefined);
      });
      expect(server.lists).to.equal(1);
      expect(informer.list()).to.have.lengthOf(COUNT + 1);
      expect(informer.list().filter(({ metadata }) => 'managedFields' in metadata)).to.deep.equal([]);
    } finally {
      await informer.stop();
      await server.stop();
    }
  });
});
