import { entryText } from '../../engines/entry.js';
import { settingsText } from '../../engines/settings.js';
import { chosen } from '../desired/auto.js';
import { presentEntry } from '../desired/desired.js';
import { mayHave } from '../observe/picture.js';
import { hasLeft } from '../questions/standing.js';
import type { StandingInput } from '../questions/standing.js';
import type { Pace, RoutingDecision } from '../state.js';

type Include = Extract<RoutingDecision, { kind: 'include' }>;

/**
 * How soon a decision is to be written. That of a new mirror can wait for others, and that of one that is deleted, whose project stays until it is out.
 * Any other that changes what Pods are sent to can't: a person waits for an edit, and Harbor may be down for a mirror that is to leave. Most decisions
 * after a restart only confirm what the policies have. Pure.
 *
 * @param input - with the new decision
 */
export function paceOf(input: StandingInput): Pace {
  const { decision, mirror } = input;
  switch (decision.kind) {
    case 'unchanged':
      return 'soon';
    case 'withdraw':
      if (mirror?.metadata.deletionTimestamp !== undefined) return 'together';
      return hasLeft(input) ? 'soon' : 'atOnce';
    case 'include':
      return paceOfIncluding(decision, input);
  }
}

function paceOfIncluding(decision: Include, { name, mirror, picture, memory }: StandingInput): Pace {
  const present = mirror === undefined ? undefined : presentEntry(mirror, picture, memory);
  if (mirror === undefined || present === undefined) return mayHave(picture, name) ? 'atOnce' : 'together';
  const { entry, settings } = chosen(mirror, decision, picture, memory);
  const isSame =
    entryText(entry) === entryText(present.entry) && settingsText(settings) === settingsText(present.settings);
  return isSame ? 'soon' : 'atOnce';
}
