import { Gate } from '../../support/gate.js';
import { harborName, isReal } from './harbor-under-test.js';
import { leaveOut } from './left-out.js';
import { useStage } from './stage.js';
import { expect } from 'chai';

const PART = 'outage';
/** A real Harbor looks at its upstreams every 5 minutes. */
const SEEN_MS = isReal ? 7 * 60_000 : 60_000;
const WITHDRAWS = { engine: 'MutatingAdmissionPolicy', onUpstreamUnavailable: 'Withdraw' };

// The upstream is reached through a gate on this machine.
if (process.env.HARBOR_TEST_ADDRESS === undefined) specs();
else
  leaveOut(
    'an upstream that goes away and comes back',
    'Harbor runs on another machine, and the gate before the upstream is on this one',
  );

function specs(): void {
  describe(`When ${harborName} can't pull from the upstream`, function () {
    this.timeout(SEEN_MS + 120_000);
    const stage = useStage();

    it('new Pods pull from the original registry with onUpstreamUnavailable: Withdraw, and from Harbor again once it can', async () => {
      const { mirrors, harbor, upstream } = stage();
      const way = await Gate.to(upstream.url);
      const served = { type: 'docker-registry', url: way.url, hosts: [stage().host(PART)] };
      await stage().serve(PART, { upstream: served, rewrite: WITHDRAWS });
      await stage().untilRewritten(PART);
      const rewritten = await stage().imageOfNewPod(PART);
      await way.close();
      await harbor.refreshStatus();
      const { message } = await mirrors.until(stage().name(PART), 'Ready', 'False', 'UpstreamUnhealthy', SEEN_MS);
      expect(message).to.include('pull from the original registry');
      await mirrors.untilImage(stage().image(PART), stage().image(PART));
      await mirrors.until(stage().name(PART), 'PolicyReady', 'False', 'Withdrawn');
      await way.open();
      await mirrors.until(stage().name(PART), 'Ready', 'True', 'Succeeded', SEEN_MS);
      await mirrors.untilImage(stage().image(PART), rewritten);
      expect((await stage().pullAsPod(PART)).blobs).to.equal(2);
      await way.close();
    });
  });
}
