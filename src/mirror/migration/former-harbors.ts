import { REASONS } from '../../api/reasons.js';
import { formerHarborsOf } from '../../api/former-harbors.js';
import type { FormerHarbor, RegistryMirror } from '../../api/registry-mirror.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { HarborLookResult } from '../look/look-result.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import type { MirrorCluster } from '../mirror-cluster.js';
import type { Action } from '../plan/actions.js';
import type { PreconditionOptions } from '../look/preconditions.js';
import type { Precondition } from '../plan/preconditions.js';
import { holdsFor } from '../look/preconditions.js';
import { verdictOf } from '../../harbor/outcome.js';
import { removeFormerRobots } from './former-robots.js';
import { remove } from './remove.js';
import type { Read } from '../../credentials/secrets.js';
import type { Verdict } from '../../api/verdict.js';
import { waiting } from '../../api/verdict.js';

export interface FormerHarborsOptions extends PreconditionOptions {
  readonly cluster: PreconditionOptions['cluster'] & Pick<MirrorCluster, 'announce'>;
  readonly harbors: PreconditionOptions['harbors'] & Pick<Harbors, 'sessionFor' | 'sessionForFormer' | 'knowsLoginFor'>;
  readonly pullSecrets: Pick<PullSecrets, 'pullsFrom' | 'mayHaveRobots' | 'removeRobotsIn'>;
  readonly clusterId: string;
  readonly onAction: (mirror: string, action: Action, ms: number) => void;
}

/** How the Harbors stand that a mirror was moved away from. */
export interface FormerHarbors {
  /** Those where something of the mirror's still is; for the status. */
  readonly list: readonly FormerHarbor[];
  /** Why it still is, although it is to go. */
  readonly problem?: Verdict;
  /** The longest until the next look, in milliseconds. */
  readonly lookAgainMs?: number;
}

/** What a mirror uses now. */
interface InUse {
  readonly session: HarborSession;
  readonly endpointId: number;
  /** `host[:port]/project` */
  readonly pullPrefix: string;
}

/** What a mirror has in a Harbor that it was moved away from. */
interface Place {
  readonly mirror: RegistryMirror;
  readonly former: FormerHarbor;
  /** Undefined where the operator has no login for it. */
  readonly session: Read<HarborSession> | undefined;
  /** What must hold before anything goes. */
  readonly requires: readonly Precondition[];
  readonly holds: (precondition: Precondition) => boolean;
}

/** How often a Harbor that could not be cleaned up is tried again. */
const RETRY_MS = 30_000;

/** What stays in a Harbor that is let go of, in words. */
export function leftIn({ url, projectName }: FormerHarbor, why: string): string {
  return `project ${projectName} and its endpoint in ${url} (${why})`;
}

/** Retires what a mirror had in other Harbors before `spec.harbor` was changed, by `deletionPolicy`. */
export class FormerHarborsRetirement {
  readonly #options: FormerHarborsOptions;

  constructor(options: FormerHarborsOptions) {
    this.#options = options;
  }

  /** Goes behind a look: what new Pods are not sent to any more, can go. */
  async settle(mirror: RegistryMirror, look: HarborLookResult): Promise<FormerHarbors> {
    const list = formerHarborsOf(mirror, look.harbor?.url);
    const { retireInMs } = look;
    if (list.length === 0 || mirror.spec.suspend || look.verdict.kind !== 'ready' || retireInMs === undefined) {
      return { list };
    }
    if (retireInMs > 0) return { list, lookAgainMs: retireInMs };
    const inUse = this.#inUse(mirror, look);
    return inUse === undefined ? { list } : await this.#retireAll(mirror, list, inUse);
  }

  #inUse(mirror: RegistryMirror, { harbor }: HarborLookResult): InUse | undefined {
    const endpointId = harbor?.project?.registryId;
    const session = this.#options.harbors.sessionFor(mirror);
    if (!session.ok || endpointId === undefined || harbor?.pullPrefix === undefined) return undefined;
    return { session: session.value, endpointId, pullPrefix: harbor.pullPrefix };
  }

  async #retireAll(mirror: RegistryMirror, list: readonly FormerHarbor[], inUse: InUse): Promise<FormerHarbors> {
    const still: FormerHarbor[] = [];
    let problem: Verdict | undefined;
    for (const former of list) {
      if (this.#options.pullSecrets.pullsFrom(mirror, former.url)) {
        still.push(former);
        continue;
      }
      const retired = await this.retire(mirror, former, inUse);
      if (retired.ok) {
        await this.#announce(mirror, former, retired.value);
      } else {
        still.push(former);
        problem ??= retired.problem;
      }
    }
    return { list: still, ...(problem === undefined ? {} : { problem, lookAgainMs: RETRY_MS }) };
  }

  /**
   * Deletes what the mirror has in that Harbor; with deletionPolicy Retain, robot accounts only.
   *
   * @param inUse - what has to stay, should that Harbor be the present one under another name; undefined when the mirror goes
   * @returns what is left there, or why it isn't done yet
   */
  async retire(mirror: RegistryMirror, former: FormerHarbor, inUse?: InUse): Promise<Read<readonly string[]>> {
    const { harbors, pullSecrets } = this.#options;
    const isRetained = mirror.spec.deletionPolicy === 'Retain';
    const hasRobots = pullSecrets.mayHaveRobots(mirror);
    if (isRetained && !hasRobots) return { ok: true, value: [leftIn(former, 'Retain')] };
    const session = harbors.knowsLoginFor(former) ? harbors.sessionForFormer(former) : undefined;
    const requires = inUse === undefined ? IN_NO_POLICY : switchedTo(mirror, inUse);
    const place = { mirror, former, session, requires, holds: holdsFor(mirror, this.#options) };
    const current = async (): Promise<string | undefined> => await currentIn(session, inUse);
    if (isRetained) {
      const robots = await removeFormerRobots({ ...place, current, pullSecrets });
      return robots.ok ? { ok: true, value: [leftIn(former, 'Retain'), ...robots.value] } : robots;
    }
    const projects = await this.#removeProject(place, current);
    if (!projects.ok || !hasRobots) return projects;
    const robots = await removeFormerRobots({ ...place, current, pullSecrets });
    return robots.ok ? { ok: true, value: [...projects.value, ...robots.value] } : robots;
  }

  async #removeProject(
    { mirror, former, session, requires, holds }: Place,
    current: () => Promise<string | undefined>,
  ): Promise<Read<readonly string[]>> {
    const { clusterId, onAction } = this.#options;
    if (session === undefined) return { ok: true, value: [leftIn(former, 'the operator has no login for it')] };
    if (!session.ok) return { ok: false, problem: notDone(former, session.problem) };
    try {
      if ((await current()) !== undefined) return { ok: true, value: [] };
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return { ok: false, problem: notDone(former, verdictOf(error)) };
    }
    const identity = { clusterId, mirror: mirror.metadata.name };
    const projectNames = new Set([former.projectName]);
    const removal = await remove({ session: session.value, identity, projectNames, requires, holds, onAction });
    return removal.ok ? removal : { ok: false, problem: notDone(former, removal.problem) };
  }

  async #announce(mirror: RegistryMirror, { url }: FormerHarbor, left: readonly string[]): Promise<void> {
    const rest = left.length === 0 ? '' : ` Left there: ${left.join(', ')}.`;
    const message = `The mirror has moved away from ${url}.${rest}`;
    await this.#options.cluster.announce(mirror, 'Normal', REASONS.formerHarborRetired, message);
  }
}

/**
 * What the mirror serves from, where a former Harbor is the present one under another name; undefined for another Harbor.
 *
 * @throws HarborError
 */
async function currentIn(
  session: Read<HarborSession> | undefined,
  inUse: InUse | undefined,
): Promise<string | undefined> {
  if (inUse === undefined || session?.ok !== true) return undefined;
  return (await isSameHarbor(inUse, session.value)) ? inUse.pullPrefix : undefined;
}

/**
 * Whether a former Harbor is the present one under another name: then it has the same endpoint. Two Harbors may give out the same id, but not at
 * the same moment.
 *
 * @throws HarborError
 */
async function isSameHarbor({ session, endpointId }: InUse, former: HarborSession): Promise<boolean> {
  const [here, there] = await Promise.all(
    [session, former].map(async ({ client, signal }) => client.getEndpoint(endpointId, { signal })),
  );
  return here !== undefined && there !== undefined && here.createdAt === there.createdAt;
}

const IN_NO_POLICY: readonly Precondition[] = [{ kind: 'inNoPolicy' }];

function switchedTo({ spec }: RegistryMirror, { pullPrefix }: InUse): readonly Precondition[] {
  return spec.rewrite.engine === 'None' ? IN_NO_POLICY : [{ kind: 'policiesSendOnlyTo', pullPrefix }];
}

function notDone(former: FormerHarbor, verdict: Verdict): Verdict {
  if (verdict.kind === 'ready') return verdict;
  const what = `Project ${former.projectName} in ${former.url} is still to be deleted: ${verdict.message}`;
  return waiting(verdict.reason, `${what} To leave it there, set spec.deletionPolicy to Retain.`);
}
