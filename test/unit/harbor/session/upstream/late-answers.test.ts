import { expect } from 'chai';
import { LateAnswers } from '../../../../../src/harbor/session/upstream/late-answers.js';
import { eventually } from '../../../../support/wait.js';

describe('answers that take longer than a look waits', () => {
  const nobody = (): never => {
    throw new Error('Nobody was to be told.');
  };

  function open<T>(): { readonly answers: LateAnswers<T>; readonly pass: (ms: number) => void } {
    let passed = 0;
    const now = (): number => performance.now() + passed;
    return { answers: new LateAnswers<T>({ now, patienceMs: 5 }), pass: (ms) => (passed += ms) };
  }

  /** A question whose answer comes when the test says so, and how often the one who asks was told that it has. */
  function late(answers: LateAnswers<string>): {
    readonly get: () => Promise<unknown>;
    readonly answer: PromiseWithResolvers<string>;
    readonly counts: { asked: number; told: number };
    readonly untilTold: () => Promise<void>;
  } {
    const answer = Promise.withResolvers<string>();
    const counts = { asked: 0, told: 0 };
    const ask = async (): Promise<string> => {
      counts.asked += 1;
      return await answer.promise;
    };
    const untilTold = async (): Promise<void> => {
      await eventually(() => {
        expect(counts.told).to.equal(1);
      });
    };
    return { get: async () => answers.get('a', 'what', ask, () => (counts.told += 1)), answer, counts, untilTold };
  }

  it('are given at once where they come in time', async () => {
    const { answers } = open<string>();
    expect(await answers.get('a', 'what', () => Promise.resolve('this'), nobody)).to.equal('this');
  });

  it('are kept for who asks the same again, who is told and asks only once', async () => {
    const { get, answer, counts, untilTold } = late(open<string>().answers);
    expect(await get()).to.have.property('kind', 'notYet');
    expect(await get()).to.have.property('kind', 'notYet');
    answer.resolve('this');
    await untilTold();
    expect(await get()).to.equal('this');
    expect(counts.asked).to.equal(1);
  });

  it('are told of by whoever stopped waiting, whatever time has gone by on the clock: timers may be early', async () => {
    const { get, answer, untilTold } = late(new LateAnswers<string>({ now: () => 0, patienceMs: 5 }));
    expect(await get()).to.have.property('kind', 'notYet');
    answer.resolve('this');
    await untilTold();
  });

  it('are not given to another question, nor to another who asks', async () => {
    const { answers } = open<string>();
    const never = async (): Promise<string> => new Promise(() => undefined);
    await answers.get('a', 'what', never, nobody);
    expect(await answers.get('a', 'else', () => Promise.resolve('other'), nobody)).to.equal('other');
    expect(await answers.get('b', 'what', () => Promise.resolve('of b'), nobody)).to.equal('of b');
  });

  it('are not kept for long: who asks later is to hear what holds then', async () => {
    const { answers, pass } = open<string>();
    const { get, answer, untilTold } = late(answers);
    await get();
    answer.resolve('old');
    await untilTold();
    pass(11_000);
    expect(await answers.get('a', 'what', () => Promise.resolve('new'), nobody)).to.equal('new');
  });

  it('are thrown where they are errors, late ones too', async () => {
    const { get, answer, untilTold } = late(open<string>().answers);
    await get();
    answer.reject(new Error('refused'));
    await untilTold();
    expect(await get().catch((error: unknown) => String(error))).to.include('refused');
  });
});
