import { expect } from 'chai';
import { programs } from '../../cluster/programs.js';
import type { Program, ProgramName } from '../../cluster/programs.js';
import { Remaining } from '../../cluster/remaining.js';

const MINUTE = 60_000;

function program(name: ProgramName): Program {
  const found = programs.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`There is no program ${name}.`);
  return found;
}

const apiServer = program('kube-apiserver');
const kyverno = program('kyverno');
const registry = program('registry');

describe('how long a build still takes', () => {
  it('is what all its programs take, less what is done of those that are under way', () => {
    const remaining = new Remaining([apiServer, kyverno, registry]);
    expect(remaining.minutes(0)).to.equal(15);
    expect(remaining.line(0)).to.equal(undefined);
    remaining.start(apiServer, 0);
    remaining.start(kyverno, 0);
    expect(remaining.line(4 * MINUTE)).to.equal('still building kube-apiserver, kyverno: about 11 min left');
    remaining.finish(apiServer);
    expect(remaining.line(5 * MINUTE)).to.equal('still building kyverno: about 4 min left');
  });

  it('is a minute more for a program that takes longer than usual', () => {
    const remaining = new Remaining([kyverno]);
    remaining.start(kyverno, 0);
    expect(remaining.line(30 * MINUTE)).to.equal('still building kyverno: about 1 min left');
  });
});
