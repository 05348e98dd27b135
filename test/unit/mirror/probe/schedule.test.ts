import { expect } from 'chai';
import { REASONS } from '../../../../src/api/reasons.js';
import type { ProbeFinding } from '../../../../src/mirror/probe/finding.js';
import { NOTHING_TOLD, takeIn } from '../../../../src/mirror/probe/schedule.js';

const MINUTE = 60_000;
const SERVED: ProbeFinding = { status: 'True', reason: REASONS.imageServed, message: 'served' };
const MISSING: ProbeFinding = { status: 'False', reason: REASONS.imageNotServed, message: '404' };
const SLOW: ProbeFinding = { status: 'False', reason: REASONS.pullTimedOut, message: 'no answer' };

/** What is told after each answer, and after how many minutes the next question comes. */
function course(intervalMinutes: number, ...answers: readonly ProbeFinding[]): readonly (readonly [string, number])[] {
  let standing = NOTHING_TOLD;
  return answers.map((found) => {
    const next = takeIn(standing, found, intervalMinutes * MINUTE, 0.5);
    standing = next.standing;
    return [standing.told?.message ?? '', next.nextInMs / MINUTE];
  });
}

describe('How often an image is asked for, and what is told meanwhile', () => {
  it('is told at once where it is the first answer, or a certain one', () => {
    expect(course(15, SLOW)).to.deep.equal([['no answer', 15]]);
    expect(course(15, SERVED, MISSING, SERVED)).to.deep.equal([
      ['served', 15],
      ['404', 15],
      ['served', 15],
    ]);
  });

  it('is asked again soon where what was served fails in a way that may pass, and told then', () => {
    expect(course(15, SERVED, SLOW, SLOW)).to.deep.equal([
      ['served', 15],
      ['served', 0.5],
      ['no answer', 15],
    ]);
    expect(course(15, SERVED, SLOW, SERVED, SLOW).map(([told]) => told)).to.deep.equal(Array(4).fill('served'));
  });

  it('is asked ever more seldom where nothing answers, up to an hour, and as before once something does', () => {
    const pauses = course(15, SLOW, SLOW, SLOW, SLOW, MISSING).map(([, minutes]) => minutes);
    expect(pauses).to.deep.equal([15, 30, 60, 60, 15]);
    expect(course(90, SLOW, SLOW).map(([, minutes]) => minutes)).to.deep.equal([90, 90]);
  });

  it('comes a tenth sooner or later, so that thousands don’t come at once', () => {
    const pauses = [0, 1].map((random) => takeIn(NOTHING_TOLD, SERVED, 10 * MINUTE, random).nextInMs / MINUTE);
    expect(pauses.map((minutes) => Math.round(minutes * 10) / 10)).to.deep.equal([9, 11]);
  });
});
