import type { RenderedPolicy } from '../engines/policy.js';
import type { PolicyEngine } from '../engines/settings.js';
import { isKubernetesError } from '../kubernetes/errors.js';
import { accepted, answered, deleted, deleting, memoryOf, withPolicy, writing } from './memory.js';
import type { Memory } from './memory.js';
import { isAsRendered } from './observe/live.js';
import type { LivePolicy } from './observe/live.js';
import { findPolicy } from './observe/picture.js';
import type { Picture } from './observe/picture.js';
import type { PolicyWrite } from './plan/plan.js';
import { failed, notAccepted } from './plan/refusal.js';

/** The cluster's policies, to write. */
export interface WritablePolicies {
  /** @returns the policy as the API server has it now */
  applyPolicy(policy: RenderedPolicy): Promise<LivePolicy>;
  deletePolicy(kind: PolicyEngine, name: string): Promise<void>;
}

export interface ApplyOptions {
  readonly cluster: WritablePolicies;
  readonly now: () => number;
  readonly onWrite: (action: 'ApplyPolicy' | 'DeletePolicy', kind: PolicyEngine, name: string) => void;
  /** A write was not accepted. What fails for one policy stops no other. */
  readonly onProblem: (kind: PolicyEngine, name: string, error: unknown) => void;
  /** The API server has not what was written: another webhook has changed it. It is taken as it is. */
  readonly onAltered: (kind: PolicyEngine, name: string) => void;
}

/**
 * Carries one write out.
 *
 * @param remember - takes the memory's next version: before the write, since the watch may show it before the answer is there, and at the answer
 */
export async function applyWrite(
  write: PolicyWrite,
  picture: Picture,
  remember: (change: (memory: Memory) => Memory) => void,
  options: ApplyOptions,
): Promise<void> {
  const { cluster, now, onWrite, onProblem, onAltered } = options;
  const { kind, name } = write.policy;
  const note = (next: (memory: ReturnType<typeof memoryOf>) => ReturnType<typeof memoryOf>): void => {
    remember((memory) => withPolicy(memory, next(memoryOf(memory, { kind, name }))));
  };
  try {
    if (write.kind === 'delete') {
      note((memory) => deleting(memory, write.policy));
      await cluster.deletePolicy(kind, name);
      note((memory) => deleted(memory, now()));
      onWrite('DeletePolicy', kind, name);
      return;
    }
    note((memory) => writing(memory, write.policy, findPolicy(picture, write.policy)));
    const answer = await cluster.applyPolicy(write.policy);
    note((memory) => accepted(memory, { policy: write.policy, answer }, write.trial, now()));
    onWrite('ApplyPolicy', kind, name);
    if (!isAsRendered(answer, write.policy)) onAltered(kind, name);
  } catch (error) {
    note((memory) =>
      write.kind === 'apply' ? notAccepted(memory, write, error, now()) : failed(answered(memory, now()), error, now()),
    );
    if (!isKubernetesError(error)) throw error;
    onProblem(kind, name, error);
  }
}
