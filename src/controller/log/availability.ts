import type { Availability } from '../../harbor/session/facts.js';
import type { Log } from '../../log.js';

/** One line for each change of how a Harbor stands. */
export function logAvailability(log: Log, harbor: string, availability: Availability): void {
  switch (availability.kind) {
    case 'up':
      log.info('Harbor answers.', { harbor });
      return;
    case 'loginRefused':
      log.warn("Harbor refuses the operator's login; nodes can still pull.", { harbor, problem: availability.message });
      return;
    case 'down':
      log.warn('Harbor is down.', { harbor, problem: availability.message });
      return;
    case 'unknown':
      log.warn('Harbor has not answered yet.', { harbor, problem: availability.problem });
      return;
  }
}
