import { expect } from 'chai';
import type { Outcome } from '../../../scripts/tests/run-stage.ts';
import { runStep } from '../../../scripts/tests/run-step.ts';
import type { Stage } from '../../../scripts/tests/stages.ts';
import { eventually } from '../../support/wait.js';

describe('A step of all tests', () => {
  let begun: string[];
  let written: string[];
  let ends: Map<string, () => void>;
  beforeEach(() => {
    begun = [];
    written = [];
    ends = new Map();
  });

  const write = (text: string): void => {
    written.push(text);
  };
  const runStage = async ({ name }: Stage, isShown: boolean): Promise<Outcome> => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    begun.push(isShown ? `${name}, shown` : name);
    ends.set(name, () => {
      resolve({ passed: 1, failed: 0, failures: [], output: `output of ${name}` });
    });
    return await promise;
  };
  const run = async (atOnce: number, ...names: readonly string[]): Promise<readonly Outcome[]> => {
    const stages = names.map((name): Stage => ({ name, command: ['true'], isSuite: false }));
    return await runStep({ stages, atOnce }, { runStage, write });
  };
  const end = async (name: string): Promise<void> => {
    await eventually(() => {
      expect([...ends.keys()]).to.include(name);
    });
    ends.get(name)?.();
  };

  it('runs one stage after the other while the first one runs, and writes what they said after it', async () => {
    const all = run(2, 'long', 'a', 'b', 'c');
    expect(begun).to.deep.equal(['long, shown', 'a']);
    for (const name of ['a', 'b']) await end(name);
    await eventually(() => {
      expect(begun).to.deep.equal(['long, shown', 'a', 'b', 'c']);
    });
    expect(written).to.deep.equal([]);
    await end('long');
    await eventually(() => {
      expect(written).to.deep.equal(['output of a', 'output of b']);
    });
    await end('c');
    expect(await all).to.have.lengthOf(4);
    expect(written).to.deep.equal(['output of a', 'output of b', 'output of c']);
  });

  it('runs no more stages at once than it says', async () => {
    const all = run(1, 'first', 'second');
    expect(begun).to.deep.equal(['first, shown']);
    await end('first');
    await end('second');
    await all;
    expect(begun).to.deep.equal(['first, shown', 'second']);
    expect(written).to.deep.equal(['output of second']);
  });
});
