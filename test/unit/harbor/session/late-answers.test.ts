import { expect } from 'chai';
import { LateAnswers } from '../../../../src/harbor/session/late-answers.js';
import { eventually } from '../../../support/wait.js';

describe('answers that take longer than a look waits', () => {
  const nobody = (): never => {
    throw new Error('Nobody was to be told.');
  };

  function open<T>(): { readonly answers: LateAnswers<T>; readonly pass: (ms: number) => void } {
    let passed = 0;
    const now = (): number => performance.now() + passed;
    return { answers: new LateAnswers<T>({ now, patienceMs: 5 }), pass: (ms) => (passed += ms) };
  }

  it('are given at once where they come in time', async () => {
    const { answers } = open<string>();
    expect(await answers.get('a', 'what', () => Promise.resolve('this'), nobody)).to.equal('this');
  });

  it('are kept for who asks the same again, who is told and asks only once', async () => {
    const { answers } = open<string>();
    const { promise, resolve } = Promise.withResolvers<string>();
    let asked = 0;
    let told = 0;
    const get = async (): Promise<unknown> =>
      answers.get(
        'a',
        'what',
        () => {
          asked += 1;
          return promise;
        },
        () => (told += 1),
      );
    expect(await get()).to.have.property('kind', 'notYet');
    expect(await get()).to.have.property('kind', 'notYet');
    resolve('this');
    await eventually(() => {
      expect(told).to.equal(1);
    });
    expect(await get()).to.equal('this');
    expect(asked).to.equal(1);
  });

  it('are told of by whoever stopped waiting, whatever time has gone by on the clock: timers may be early', async () => {
    const answers = new LateAnswers<string>({ now: () => 0, patienceMs: 5 });
    const { promise, resolve } = Promise.withResolvers<string>();
    let told = 0;
    const get = async (): Promise<unknown> =>
      answers.get(
        'a',
        'what',
        () => promise,
        () => (told += 1),
      );
    expect(await get()).to.have.property('kind', 'notYet');
    resolve('this');
    await eventually(() => {
      expect(told).to.equal(1);
    });
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
    const { promise, resolve } = Promise.withResolvers<string>();
    let told = 0;
    await answers.get(
      'a',
      'what',
      () => promise,
      () => (told += 1),
    );
    resolve('old');
    await eventually(() => {
      expect(told).to.equal(1);
    });
    pass(11_000);
    expect(await answers.get('a', 'what', () => Promise.resolve('new'), nobody)).to.equal('new');
  });

  it('are thrown where they are errors, late ones too', async () => {
    const { answers } = open<string>();
    const { promise, reject } = Promise.withResolvers<string>();
    let told = 0;
    const get = async (): Promise<unknown> =>
      answers.get(
        'a',
        'what',
        () => promise,
        () => (told += 1),
      );
    await get();
    reject(new Error('refused'));
    await eventually(() => {
      expect(told).to.equal(1);
    });
    expect(await get().catch((error: unknown) => String(error))).to.include('refused');
  });
});
