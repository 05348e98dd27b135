import { expect } from 'chai';
import { otherThanAtRest, sentToWithdrawn } from '../../chaos/invariants/pods-of-the-run.js';
import type { PodRecord } from '../../chaos/stage/pods.js';
import { isOutForItsUpstream } from '../../chaos/steps/upstreams.js';
import { createFleet } from '../../chaos/story/fleet.js';
import { writeStory } from '../../chaos/story/story.js';
import { mirror } from '../mirror/mirror.js';

const fleet = createFleet(2);
const CACHED = 'harbor.cache.test/chaos-001/a:1';
const pod: PodRecord = {
  image: 'chaos-001.example.org/a:1',
  result: CACHED,
  refusal: undefined,
  outages: new Set(),
  project: 'there',
  secrets: [],
  isLockedOut: false,
  at: 200,
  tookMs: 10,
};
const inPolicy = {
  entries: [
    {
      mirror: 'chaos-001',
      hosts: ['chaos-001.example.org'],
      pullPrefix: 'harbor.cache.test/chaos-001',
      include: [],
      exclude: [],
    },
  ],
};

describe('a chaos run in which upstreams stay away', () => {
  it('takes them from mirrors only whose Pods leave the cache then, and for 25 s at least', () => {
    const { fleet: all, steps } = writeStory({ seed: 7, durationMs: 600_000, mirrors: 20 });
    const outages = steps.flatMap(({ step }) => (step.kind === 'UpstreamStaysAway' ? [step] : []));
    const leaving = all.filter(({ withdraws }) => withdraws).map(({ name }) => name);
    expect(outages).to.have.length.above(5);
    for (const { mirror: name, ms } of outages) expect(ms >= 25_000 && leaving.includes(name), name).to.equal(true);
  });

  it('is broken by a Pod that is sent to the cache while the mirror is out, and not by one before or after', () => {
    const told = (more: Partial<PodRecord>): readonly string[] =>
      sentToWithdrawn([{ ...pod, ...more }], [{ mirror: 'chaos-001', from: 100, to: 300 }], fleet);
    expect(told({}).join()).to.include(`was sent to ${CACHED}, whose upstream was away`);
    expect(told({ at: 99 })).to.deep.equal([]);
    expect(told({ at: 295 }), 'answered when the upstream was back').to.deep.equal([]);
    expect(told({ result: pod.image })).to.deep.equal([]);
    expect(told({ result: 'harbor.cache.test/chaos-000/a:1' })).to.deep.equal([]);
  });

  it('is broken by a Pod of the quiet end that still comes from the upstream', () => {
    const rest = { from: 100, to: 300 };
    const told = (more: Partial<PodRecord>): readonly string[] =>
      otherThanAtRest([{ ...pod, ...more }], rest, [inPolicy]);
    expect(told({})).to.deep.equal([]);
    expect(told({ result: pod.image }).join()).to.include(`got ${pod.image}, and should get ${CACHED}`);
    expect(told({ result: pod.image, at: 50 }), 'before the end').to.deep.equal([]);
    expect(told({ result: pod.image, tookMs: 150 }), 'after it').to.deep.equal([]);
  });

  it('takes a mirror for out once no policy has it, and for its upstream only', () => {
    const said = (message: string, reason = 'Withdrawn'): boolean => {
      const conditions = [{ type: 'PolicyReady', status: 'False', reason, message, lastTransitionTime: '' } as const];
      return isOutForItsUpstream(mirror('chaos-001', { status: { observedGeneration: 2, conditions } }));
    };
    expect(said("Taken out of the policy while Harbor can't pull from the upstream: new Pods …")).to.equal(true);
    expect(said("Being taken out of the policy while Harbor can't pull from the upstream.")).to.equal(false);
    expect(said('Taken out of the policy while Harbor is down: new Pods pull from upstream.')).to.equal(false);
    expect(said('In no policy: Pods get its images from upstream.', 'NotIncluded')).to.equal(false);
  });
});
