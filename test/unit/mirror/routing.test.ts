import { expect } from 'chai';
import fc from 'fast-check';
import { decisionFor, ROUTING_RULES, routeOf } from '../../../src/mirror/routing.js';
import type { Route, RoutingFacts } from '../../../src/mirror/routing.js';
import { mirror } from './mirror.js';

/** A mirror that serves and is in sync. */
const fine: RoutingFacts = {
  isDeleted: false,
  rewritesNothing: false,
  hasLostHost: false,
  harbor: 'up',
  withdrawsWhileDown: true,
  upstream: 'up',
  withdrawsWithoutUpstream: true,
  servedProject: 'there',
  isInSync: true,
  canPull: true,
  isSuspended: false,
  wasWithdrawn: false,
};

/** By the rule's name: what it makes of which facts. Facts that aren't named are as in a mirror that is fine. */
const TABLES: Readonly<Record<string, readonly (readonly [facts: Partial<RoutingFacts>, route: Route])[]>> = {
  'it is deleted': [
    [{ isDeleted: true }, 'withdraw'],
    [{ isDeleted: true, isSuspended: true }, 'withdraw'],
    [{ isDeleted: true, harbor: 'unknown', isInSync: false, servedProject: 'unknown' }, 'withdraw'],
  ],
  'it rewrites nothing': [
    [{ rewritesNothing: true }, 'withdraw'],
    [{ rewritesNothing: true, isSuspended: true }, 'withdraw'],
    [{ rewritesNothing: true, isInSync: false }, 'withdraw'],
  ],
  'another mirror has its host': [
    [{ hasLostHost: true }, 'withdraw'],
    [{ hasLostHost: true, isInSync: false }, 'withdraw'],
  ],
  'Harbor is down': [
    [{ harbor: 'down', isInSync: false }, 'withdraw'],
    [{ harbor: 'down', isInSync: false, isSuspended: true }, 'withdraw'],
    [{ harbor: 'down', isInSync: false, withdrawsWhileDown: false }, 'unchanged'],
    // Not asked yet after a start, a login that is refused, or another Harbor than Pods pull from: nothing is known against it.
    [{ harbor: 'unknown', isInSync: false }, 'unchanged'],
    [{ harbor: 'up', isInSync: false }, 'unchanged'],
  ],
  'Harbor can pull nothing from the upstream': [
    [{ upstream: 'down' }, 'withdraw'],
    [{ upstream: 'down', isInSync: false, isSuspended: true }, 'withdraw'],
    [{ upstream: 'down', withdrawsWithoutUpstream: false }, 'include'],
    [{ upstream: 'down', withdrawsWithoutUpstream: false, isInSync: false }, 'unchanged'],
    [{ upstream: 'unknown', isInSync: false }, 'unchanged'],
  ],
  'what Pods pull from is gone': [
    [{ servedProject: 'gone', isInSync: false }, 'withdraw'],
    [{ servedProject: 'gone', isInSync: false, isSuspended: true }, 'withdraw'],
    [{ servedProject: 'unknown', isInSync: false }, 'unchanged'],
    // The project was made again, under this name or a new one.
    [{ servedProject: 'gone', isInSync: true }, 'include'],
  ],
  'it is not in sync': [[{ isInSync: false }, 'unchanged']],
  'Pods could not pull': [
    [{ canPull: false }, 'unchanged'],
    [{ canPull: false, wasWithdrawn: true, isSuspended: true }, 'unchanged'],
  ],
  'it is suspended': [
    [{ isSuspended: true }, 'unchanged'],
    [{ isSuspended: true, wasWithdrawn: true }, 'include'],
    [{ isSuspended: true, wasWithdrawn: true, isInSync: false }, 'unchanged'],
  ],
};

const facts: fc.Arbitrary<RoutingFacts> = fc.record({
  isDeleted: fc.boolean(),
  rewritesNothing: fc.boolean(),
  hasLostHost: fc.boolean(),
  harbor: fc.constantFrom('unknown', 'up', 'down'),
  withdrawsWhileDown: fc.boolean(),
  upstream: fc.constantFrom('unknown', 'up', 'down'),
  withdrawsWithoutUpstream: fc.boolean(),
  servedProject: fc.constantFrom('unknown', 'there', 'gone'),
  isInSync: fc.boolean(),
  canPull: fc.boolean(),
  isSuspended: fc.boolean(),
  wasWithdrawn: fc.boolean(),
});

describe('routing', () => {
  it('sends Pods through a mirror that is in sync', () => {
    expect(routeOf(fine)).to.equal('include');
  });

  it('has a table for each rule', () => {
    expect(Object.keys(TABLES)).to.deep.equal(ROUTING_RULES.map(({ name }) => name));
  });

  for (const [rule, rows] of Object.entries(TABLES)) {
    for (const [given, route] of rows) {
      it(`${rule}: ${JSON.stringify(given)} comes to ${route}`, () => {
        expect(routeOf({ ...fine, ...given })).to.equal(route);
      });
    }
  }

  it('takes a mirror out for one of six reasons, and for no other', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const mayLeave =
          given.isDeleted ||
          given.rewritesNothing ||
          given.hasLostHost ||
          (given.harbor === 'down' && given.withdrawsWhileDown) ||
          (given.upstream === 'down' && given.withdrawsWithoutUpstream) ||
          given.servedProject === 'gone';
        return mayLeave || routeOf(given) !== 'withdraw';
      }),
    );
  });

  it('puts a mirror in only when it is in sync', () => {
    fc.assert(fc.property(facts, (given) => given.isInSync || routeOf(given) !== 'include'));
  });
});

describe('a route, as the policies take it', () => {
  const quay = mirror('quay');

  it('is the entry of the present spec where the mirror is included', () => {
    const decision = decisionFor(quay, 'include', 'harbor.example.org/quay');
    expect(decision).to.have.nested.property('entry.pullPrefix', 'harbor.example.org/quay');
    expect(decision).to.have.nested.property('settings.engine', 'ClusterPolicy');
  });

  it('leaves what is there where it is unchanged, or where the pull prefix is not known', () => {
    expect(decisionFor(quay, 'unchanged', 'harbor.example.org/quay')).to.deep.equal({ kind: 'unchanged' });
    expect(decisionFor(quay, 'include', undefined)).to.deep.equal({ kind: 'unchanged' });
  });

  it('is out of all policies where it is withdrawn', () => {
    expect(decisionFor(quay, 'withdraw', undefined)).to.deep.equal({ kind: 'withdraw' });
  });
});
