import type { HarborOptions, Login } from '../harbor/index.js';
import type { Lab } from './lab.js';

type Action = (lab: Lab) => unknown;

/** What a recording leaves unsaid: the state it starts from, and what happened between its steps. */
export interface Scenario {
  readonly options?: HarborOptions;
  readonly setup?: Action;
  /** By step number: what was done in the lab before it. */
  readonly before?: Readonly<Record<number, Action>>;
  /** Its calls are taken out of a long run: what each shows is put there before it. */
  readonly isExcerpt?: boolean;
  /** By step number: whose token the step presents; the administrator's when it isn't said. */
  readonly tokens?: Readonly<Record<number, 'anonymous' | Login>>;
  /** By step number: why it isn't replayed. */
  readonly skipped?: Readonly<Record<number, string>>;
}
