import { expect } from 'chai';
import { checkHarbor } from '../../../../src/harbor/session/harbor-check.js';
import { FakeHarbor, harborError } from './fake-harbor.js';

const unauthorized = harborError('unauthorized');

describe('a check of a Harbor', () => {
  const cases: readonly (readonly [string, Partial<Pick<FakeHarbor, 'unhealthy' | 'fails'>>, string])[] = [
    ['works where nodes can pull and the login is taken', {}, 'works'],
    ['fails where Harbor does not answer', { fails: { health: harborError('unreachable') } }, 'fails'],
    ['fails where the token service is broken', { fails: { token: harborError('serverError') } }, 'fails'],
    [
      'fails where the database is down, for which Harbor answers 401',
      { unhealthy: ['database'], fails: { access: unauthorized } },
      'fails',
    ],
    ['fails where the registry is down', { unhealthy: ['registry'] }, 'fails'],
    ['fails where core is down', { unhealthy: ['core'] }, 'fails'],
    [
      'works where only what no pull needs is down',
      { unhealthy: ['jobservice', 'portal', 'redis', 'registryctl'] },
      'works',
    ],
    ['tells a refused login from a Harbor that is down', { fails: { access: unauthorized } }, 'loginRefused'],
    ['works where the robot may not list endpoints', { fails: { access: harborError('forbidden') } }, 'works'],
    ['works where only the operator gets no answer', { fails: { access: harborError('timeout') } }, 'works'],
  ];
  for (const [title, state, kind] of cases) {
    it(title, async () => {
      const harbor = new FakeHarbor();
      Object.assign(harbor.fails, state.fails);
      harbor.unhealthy = state.unhealthy ?? [];
      expect((await checkHarbor(harbor.client, {})).kind).to.equal(kind);
    });
  }

  it('says which part is unhealthy', async () => {
    const harbor = new FakeHarbor();
    harbor.unhealthy = ['database', 'jobservice', 'registry'];
    const result = await checkHarbor(harbor.client, {});
    expect(result).to.have.property('message', 'it reports database and registry as unhealthy');
  });
});
