import { expect } from 'chai';
import { writeStory } from '../../chaos/story/story.js';

describe('the story of a chaos run', () => {
  const options = { seed: 7, durationMs: 600_000, mirrors: 20 };

  it('is the same for the same seed', () => {
    expect(writeStory(options)).to.deep.equal(writeStory(options));
  });

  it('is another for another seed', () => {
    expect(writeStory(options)).to.not.deep.equal(writeStory({ ...options, seed: 8 }));
  });

  it('has every kind of step, given the time', () => {
    const kinds = new Set(writeStory(options).steps.map(({ step }) => step.kind));
    expect([...kinds]).to.have.length(24);
  });
});
