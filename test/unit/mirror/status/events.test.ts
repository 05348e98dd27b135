import { expect } from 'chai';
import type { ConditionType } from '../../../../src/api/conditions.js';
import type { Condition, RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import { eventsOf } from '../../../../src/mirror/status/events.js';

/** `True ImageServed`, and nothing for a condition that isn't there. */
type Said = `${Condition['status']} ${string}` | '';

function statusOf(type: ConditionType, said: Said): RegistryMirrorStatus {
  const [word, reason = ''] = said.split(' ');
  const status = (['True', 'False', 'Unknown'] as const).find((known) => known === word);
  if (status === undefined) return { observedGeneration: 1 };
  const condition = { type, status, reason, message: 'why', lastTransitionTime: '' };
  return { observedGeneration: 1, conditions: [condition] };
}

const cases: readonly (readonly [title: string, type: ConditionType, before: Said, after: Said, event: string])[] = [
  ['that a mirror is ready', 'Ready', 'False PolicyPending', 'True Succeeded', 'Normal Succeeded'],
  ['that it isn’t any more', 'Ready', 'True Succeeded', 'False HostConflict', 'Warning HostConflict'],
  ['nothing of its way there', 'Ready', '', 'False Progressing', ''],
  ['nothing where all is as before', 'Ready', 'True Succeeded', 'True Succeeded', ''],
  [
    'an image that isn’t served',
    'ProbeSucceeded',
    'True ImageServed',
    'False ImageNotServed',
    'Warning ImageNotServed',
  ],
  ['an image that isn’t from the first', 'ProbeSucceeded', '', 'False ImageNotServed', 'Warning ImageNotServed'],
  ['another reason for it', 'ProbeSucceeded', 'False ImageNotServed', 'False PullRefused', 'Warning PullRefused'],
  ['an image that is served again', 'ProbeSucceeded', 'False PullTimedOut', 'True ImageServed', 'Normal ImageServed'],
  ['what hinders asking', 'ProbeSucceeded', 'True ImageServed', 'Unknown TokensElsewhere', 'Warning TokensElsewhere'],
  ['nothing where an image is served as it should', 'ProbeSucceeded', 'Unknown NotChecked', 'True ImageServed', ''],
  [
    'nothing of a Harbor that is down, as Ready does',
    'ProbeSucceeded',
    'True ImageServed',
    'Unknown HarborUnreachable',
    '',
  ],
  ['nothing where the probe goes', 'ProbeSucceeded', 'False ImageNotServed', '', ''],
  ['nothing of other conditions', 'UpstreamReachable', 'True Healthy', 'False UpstreamUnhealthy', ''],
];

describe('The Events of a mirror’s status tell', () => {
  for (const [title, type, before, after, expected] of cases) {
    it(title, () => {
      const events = eventsOf(statusOf(type, before), statusOf(type, after));
      expect(events.map((event) => `${event.type} ${event.reason}`).join()).to.equal(expected);
    });
  }
});
