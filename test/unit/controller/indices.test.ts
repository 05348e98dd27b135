import { expect } from 'chai';
import { Turn } from '../../../src/clock/turn.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { Indices } from '../../../src/controller/indices.js';
import { SecretUsers } from '../../../src/controller/mapping.js';
import { mirror } from '../mirror/mirror.js';

/** A mirror that names this Secret. */
function using(name: string, secret: string): RegistryMirror {
  return mirror(name, { spec: { upstream: { type: 'quay', credentialsSecretRef: { name: secret } } } });
}

describe('the indices of all mirrors', () => {
  let mirrors: Map<string, RegistryMirror>;
  let users: SecretUsers;
  let indices: Indices;
  const cluster = {
    mirrors: (): readonly RegistryMirror[] => [...mirrors.values()],
    mirror: (name: string): RegistryMirror | undefined => mirrors.get(name),
  };

  beforeEach(() => {
    mirrors = new Map(['a', 'b', 'c'].map((name) => [name, using(name, 'first')]));
    users = new SecretUsers();
    indices = new Indices([users]);
  });

  it('have those that are there when they are filled', async () => {
    await indices.fill(cluster);
    expect([...users.of('first')]).to.deep.equal(['a', 'b', 'c']);
  });

  it('have each as it is by then, where others have their turn in between', async () => {
    let now = 0;
    const filled = indices.fill(cluster, new Turn(() => (now += 100)));
    setImmediate(() => {
      const changed = using('b', 'second');
      mirrors.set('b', changed);
      indices.take({ type: 'MODIFIED', object: changed, previous: mirrors.get('b') });
      const [, , gone] = [...mirrors.values()];
      mirrors.delete('c');
      if (gone !== undefined) indices.take({ type: 'DELETED', object: gone, previous: gone });
    });
    await filled;
    expect([[...users.of('first')], [...users.of('second')]]).to.deep.equal([['a'], ['b']]);
  });
});
