import { expect } from 'chai';
import { HostIndex } from '../../../../src/mirror/claims/host-index.js';
import { mirror } from '../mirror.js';

describe('the mirrors that share what one claims', () => {
  it('are those that claim the same repositories, however many take others of the same host', () => {
    const of = (name: string, include: readonly string[]): ReturnType<typeof mirror> =>
      mirror(name, { spec: { upstream: { type: 'quay', hosts: ['one.io'] }, rewrite: { repositories: { include } } } });
    const index = new HostIndex();
    for (let i = 0; i < 1000; i += 1) index.set(of(`m-${i}`, [`team-${i}/**`]));
    const seventh = of('m-7', ['team-7/**']);
    expect(index.sharing(seventh).map(({ metadata }) => metadata.name)).to.deep.equal(['m-7']);
    index.set(of('rival', ['other/**', 'team-7/*']));
    expect(index.sharing(seventh).map(({ metadata }) => metadata.name)).to.deep.equal(['m-7', 'rival']);
    index.delete('rival');
    expect(index.sharing(seventh)).to.have.lengthOf(1);
  });
});
