import { expect } from 'chai';
import fc from 'fast-check';
import { formatMark, LONGEST_DESCRIPTION, parseMark } from '../../../src/harbor/mark.js';
import type { Mark } from '../../../src/harbor/mark.js';

const mark: Mark = { cluster: 'c-1', mirror: 'dockerhub', endpoint: 'created', project: 'adopted' };
const WRITTEN = '[registry-mirror-operator v1 cluster=c-1 mirror=dockerhub endpoint=created project=adopted]';

const origin = fc.constantFrom('created' as const, 'adopted' as const);
const value = fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }).filter((text) => text.isWellFormed());
const marks: fc.Arbitrary<Mark> = fc.oneof(
  fc.record({ cluster: value, mirror: value, endpoint: origin, project: origin }),
  fc.record({ cluster: value, mirror: value, endpoint: origin, project: origin, credentials: value }),
  fc.record({ cluster: value, mirror: value, endpoint: origin, project: origin, upstream: value }),
  fc.record({
    cluster: value,
    mirror: value,
    endpoint: origin,
    project: origin,
    deletion: fc.constant('Delete' as const),
  }),
);
const lookalikes = fc
  .array(fc.oneof(fc.string(), fc.constantFrom('[', '\\', '[\\registry-mirror-operator v', WRITTEN, ' ', '\n', ']')))
  .map((parts) => parts.join(''));

describe('the ownership mark', () => {
  it('stands behind the user’s text, for people to read', () => {
    expect(formatMark('Docker Hub', mark)).to.equal(`Docker Hub ${WRITTEN}`);
    expect(formatMark('', mark)).to.equal(WRITTEN);
  });

  it('comes back as it was written, behind any text', () => {
    fc.assert(
      fc.property(lookalikes, marks, (userText, written) => {
        expect(parseMark(formatMark(userText, written))).to.deep.equal({ userText, mark: written });
      }),
      { numRuns: 500 },
    );
  });

  it('is itself one line, and no value ends it early', () => {
    fc.assert(
      fc.property(marks, (written) => {
        expect(formatMark('', written)).to.match(/^\[[^\s\]]+( [^\s\]]+)+\]$/);
      }),
    );
  });

  it('is found where a hand edit left it, in the middle of the text', () => {
    expect(parseMark(`before ${WRITTEN} and after`)).to.deep.equal({ userText: 'before and after', mark });
  });

  it('is the last one where somebody copied another mirror’s description', () => {
    const other = WRITTEN.replace('dockerhub', 'quay');
    expect(parseMark(`${other} ${WRITTEN}`).mark).to.deep.equal(mark);
  });

  it('ignores fields of a later version', () => {
    expect(parseMark(WRITTEN.replace(']', ' shape=round]')).mark).to.deep.equal(mark);
  });

  const broken: readonly (readonly [string, string])[] = [
    ['without a mark', 'Docker Hub, by hand'],
    ['with a field erased', WRITTEN.replace(' mirror=dockerhub', '')],
    ['with an origin that is none', WRITTEN.replace('created', 'stolen')],
    ['with a broken escape in a name', WRITTEN.replace('dockerhub', 'docker%zz')],
    ['with the closing bracket erased', WRITTEN.slice(0, -1)],
  ];
  for (const [name, description] of broken) {
    it(`is no mark in a description ${name}`, () => {
      expect(parseMark(description)).to.deep.equal({ userText: description });
    });
  }

  it('cuts text that is too long, never itself', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4900, maxLength: 6000, unit: 'binary' }), marks, (userText, written) => {
        const description = formatMark(userText, written);
        expect(description.length).to.be.at.most(LONGEST_DESCRIPTION);
        expect(parseMark(description).mark).to.deep.equal(written);
      }),
      { numRuns: 20 },
    );
  });

  it('reads a description of 5,000 brackets in no time', () => {
    const start = performance.now();
    parseMark('[registry-mirror-operator v1 a=b '.repeat(150) + '['.repeat(5000));
    expect(performance.now() - start).to.be.below(200);
  });
});
