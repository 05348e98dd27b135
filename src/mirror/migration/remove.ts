import { HarborError } from '../../harbor/http/errors.js';
import { act } from '../look/apply.js';
import type { Action } from '../plan/actions.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import { verdictOf } from '../../harbor/outcome.js';
import type { Identity } from '../plan/ownership.js';
import { ownInHarbor } from './own-in-harbor.js';
import { planRemoval } from '../plan/plan-removal.js';
import { REASONS } from '../../api/reasons.js';
import { waiting } from '../../api/verdict.js';
import { describePrecondition } from '../plan/preconditions.js';
import type { Precondition } from '../plan/preconditions.js';
import type { Project } from '../../harbor/types.js';
import type { Read } from '../../credentials/secrets.js';

interface Removal {
  readonly session: HarborSession;
  readonly identity: Identity;
  /** The names that a project of this mirror's has or had there. */
  readonly projectNames: ReadonlySet<string>;
  /** What must hold before anything goes. */
  readonly requires: readonly Precondition[];
  readonly holds: (precondition: Precondition) => boolean;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
}

/**
 * Deletes all that a mirror created in one Harbor.
 *
 * @returns what is left there, or why it isn't done yet
 */
export async function remove({
  session,
  identity,
  projectNames,
  requires,
  holds,
  onAction,
}: Removal): Promise<Read<readonly string[]>> {
  const { client: api, inventory, signal } = session;
  try {
    const own = await ownInHarbor(session, identity, projectNames);
    const requiresAll = (projects: readonly Project[]): readonly Precondition[] => [
      ...requires,
      ...projects.map(({ name }) => ({ kind: 'usedByNoOther', harborUrl: session.url, project: name }) as const),
    ];
    const plan = planRemoval(own, identity, { projectNames, requires: requiresAll });
    const onDone = (action: Action, ms: number): void => {
      onAction(identity.mirror, action, ms);
    };
    const view = await inventory.view({ maxAgeMs: Infinity });
    const result = await act(plan.actions, { api, inventory, view, signal, holds, onDone });
    if (result.kind === 'done') return { ok: true, value: plan.left };
    if (result.kind === 'failed') return { ok: false, problem: result.verdict };
    const message = `Waiting until ${describePrecondition(result.waitsFor)}.`;
    return { ok: false, problem: waiting(REASONS.deleting, message) };
  } catch (error) {
    if (!(error instanceof HarborError)) throw error;
    return { ok: false, problem: verdictOf(error) };
  }
}
