import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName } from '../../api/upstream-types.js';
import type { Verdict } from '../../api/verdict.js';
import { stalled, waiting } from '../../api/verdict.js';
import { upstreamSecrets } from '../../credentials/upstream-secrets.js';
import type { SecretLookup } from '../../credentials/secrets.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Availability, PullHost } from '../../harbor/session/facts.js';
import { tooOld } from '../../harbor/version.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { Project } from '../../harbor/types.js';
import { findConflicts } from '../claims/conflicts.js';
import type { Claim } from '../claims/conflicts.js';
import { findLoop } from '../claims/loops.js';
import type { Loop } from '../claims/loops.js';
import { desiredState } from '../desired/desired.js';
import { lookBefore, noPullHost } from './harbor-obstacle.js';
import type { BaseFindings } from './harbor-obstacle.js';
import type { HostIndex } from '../claims/host-index.js';
import { NOTHING_KNOWN, unseen } from './look-result.js';
import type { HarborLookResult, PullFacts } from './look-result.js';
import type { Retirement } from '../migration/retirement.js';
import type { HarborPlan } from '../plan/plan-input.js';
import type { Planner, Subject } from '../plan/planner.js';
import { verdictOf } from '../../harbor/outcome.js';
import type { HarborFindings } from './findings.js';

/** What Pods are sent to now, by the policies in the cluster. */
export interface Served {
  /** Whether a policy has this host, with these repositories of it, for this mirror. */
  serves(claim: Claim): boolean;
  servedProject(mirror: string): string | undefined;
  /** host[:port] */
  servedHost(mirror: string): string | undefined;
}

export interface ObserverOptions {
  readonly harbors: Pick<Harbors, 'sessionFor' | 'pullHostFor' | 'knownPullHost'>;
  readonly hosts: Pick<HostIndex, 'sharing' | 'naming' | 'pullingFrom'>;
  readonly policies: Served;
  readonly planner: Pick<Planner, 'plan'>;
  readonly secret: SecretLookup;
  /** The key for the credentials' HMAC; asked for only where there are any. */
  readonly hmacKey: () => Promise<Buffer>;
  readonly clusterId: string;
  /** Takes in where new Pods are sent now; see {@link Retirement.observe}. */
  readonly retirement: Pick<Retirement, 'observe'>;
}

type Place = Pick<Subject, 'mirror' | 'session' | 'pullHost'>;

/** What a look at a mirror is about, once everything it needs is known. */
export interface Observed extends Subject {
  readonly kind: 'observed';
  readonly findings: HarborFindings;
  readonly view: InventoryView;
  readonly plan: HarborPlan;
}

/** A look that ends before Harbor was looked at, or because of what was seen there. */
export interface Blocked {
  readonly kind: 'blocked';
  readonly look: HarborLookResult;
}

export type Observation = Observed | Blocked;

/** Reads all that a look at a mirror needs, and plans. Writes nothing: the operator's dry run observes with this, too. */
export class Observer {
  readonly #options: ObserverOptions;

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** @throws KubernetesError where the HMAC key can't be read */
  async observe(mirror: RegistryMirror): Promise<Observation> {
    const conflict = this.#hostConflict(mirror);
    if (conflict !== undefined) return blocked(unseen(conflict));
    const { harbors } = this.#options;
    const found = harbors.sessionFor(mirror);
    if (!found.ok) return blocked(unseen(found.problem));
    const session = found.value;
    const base = this.#base(session);
    const { availability } = session.facts;
    if (availability.kind === 'down') return blocked(this.#harborDown(mirror, session, availability));
    if (availability.kind !== 'up') return blocked(lookBefore(availability, base));
    const pullHost = harbors.pullHostFor(mirror, session);
    if (pullHost.kind !== 'known') return blocked(unseen(noPullHost(base.url, pullHost), { ...base, reachable: true }));
    try {
      return await this.#observeAt({ mirror, session, pullHost: pullHost.host }, base);
    } catch (error) {
      if (!(error instanceof HarborError)) throw error;
      return blocked(unseen(verdictOf(error), { ...base, reachable: undefined }));
    }
  }

  /** The look at a mirror whose Harbor is down by now; undefined where it isn't. */
  ifDown(mirror: RegistryMirror): HarborLookResult | undefined {
    const found = this.#options.harbors.sessionFor(mirror);
    if (!found.ok) return undefined;
    const { availability } = found.value.facts;
    return availability.kind === 'down' ? this.#harborDown(mirror, found.value, availability) : undefined;
  }

  /** How what Pods are sent to now stands by this picture. */
  pullFacts({ mirror, session, pullHost, view }: Place & Pick<Observed, 'view'>): PullFacts {
    if (this.#servesElsewhere(mirror, { kind: 'known', host: pullHost })) return NOTHING_KNOWN;
    const name = this.#options.policies.servedProject(mirror.metadata.name);
    if (name === undefined) return { ...NOTHING_KNOWN, harbor: 'up' };
    const project = view.projectByName(name);
    const isThere = project?.registryId !== undefined && view.endpointById(project.registryId) !== undefined;
    const servedProject = isThere && !isReplaced(mirror, session, project) ? 'there' : 'gone';
    return { ...NOTHING_KNOWN, harbor: 'up', servedProject };
  }

  #hostConflict(mirror: RegistryMirror): Verdict | undefined {
    const { hosts, policies } = this.#options;
    const conflicts = findConflicts(hosts.sharing(mirror), (claim) => policies.serves(claim));
    const conflict = conflicts.get(mirror.metadata.name);
    if (conflict === undefined) return undefined;
    const what = conflict.prefix === '' ? conflict.host : `${conflict.host}/${conflict.prefix}`;
    const message =
      `RegistryMirror ${conflict.winner} already mirrors ${what}. ` +
      'Remove the host from one of the two, or tell them apart by spec.rewrite.repositories.include.';
    return stalled(REASONS.hostConflict, message);
  }

  #base({ url }: HarborSession): BaseFindings {
    return { url, clusterId: this.#options.clusterId, unsupported: [] };
  }

  #harborDown(
    mirror: RegistryMirror,
    session: HarborSession,
    { message: problem }: Extract<Availability, { kind: 'down' }>,
  ): HarborLookResult {
    const base = this.#base(session);
    const isElsewhere = this.#servesElsewhere(mirror, this.#options.harbors.pullHostFor(mirror, session));
    const withdraws = mirror.spec.rewrite.onHarborUnavailable === 'Withdraw' && !isElsewhere;
    const kept = isElsewhere
      ? 'New Pods are still sent to the Harbor of before.'
      : 'New Pods are still sent to it (onHarborUnavailable is Keep).';
    const effect = withdraws ? 'New Pods pull from upstream until it is back.' : kept;
    const message = `Harbor ${base.url} is down: ${problem}. ${effect}`;
    return {
      ...unseen(waiting(REASONS.harborUnreachable, message, 60_000)),
      pulls: { ...NOTHING_KNOWN, harbor: isElsewhere ? 'unknown' : 'down' },
      harbor: { ...base, reachable: false, unreachableMessage: message },
    };
  }

  async #observeAt({ mirror, session, pullHost }: Place, base: BaseFindings): Promise<Observation> {
    const { secret, hmacKey, planner } = this.#options;
    const pullPrefix = `${pullHost}/${projectName(mirror)}`;
    const { missingPermissions } = session.facts;
    const findings = { ...base, pullPrefix, reachable: true, missingPermissions };
    const outdated = tooOld(session.facts.version);
    if (outdated !== undefined) return blocked(unseen(stalled(REASONS.harborTooOld, outdated), findings));
    const loop = this.#loop(mirror, pullHost);
    if (loop !== undefined) return blocked(unseen(loopVerdict(loop), findings));
    const key = mirror.spec.upstream.credentialsSecretRef === undefined ? undefined : await hmacKey();
    const secrets = upstreamSecrets(mirror, secret, key);
    if (!secrets.ok) return blocked(unseen(secrets.problem, findings));
    const desired = desiredState(mirror, secrets.value, session.unproxied);
    const retireInMs = this.#options.retirement.observe(mirror, pullPrefix);
    const subject = { mirror, session, desired, pullHost, retireInMs };
    return { kind: 'observed', ...subject, findings, ...(await planner.plan(subject)) };
  }

  /** Whether Pods still pull from another Harbor than this one, which this picture says nothing about: `spec.harbor` was changed. */
  #servesElsewhere({ metadata }: RegistryMirror, pullHost: PullHost): boolean {
    const served = this.#options.policies.servedHost(metadata.name);
    return served !== undefined && pullHost.kind === 'known' && served !== pullHost.host;
  }

  #loop(mirror: RegistryMirror, pullHost: string): Loop | undefined {
    const { harbors, hosts, policies } = this.#options;
    const pullHostOf = ({ spec }: RegistryMirror): string | undefined => harbors.knownPullHost(spec);
    return findLoop(mirror, {
      pullHost,
      ownPullHost: harbors.knownPullHost(),
      naming: (host) => hosts.naming(host),
      pullingFrom: (host) => hosts.pullingFrom(host, pullHostOf),
      serves: (claim) => policies.serves(claim),
      servedHost: (name) => policies.servedHost(name),
    });
  }
}

function loopVerdict({ host, role, winner }: Loop): Verdict {
  if (role === 'pullsFrom') {
    const message =
      `Nodes would pull from ${host}, whose images RegistryMirror ${winner ?? ''} mirrors. ` +
      'Set spec.harbor.pullHost to the host that nodes reach this Harbor at.';
    return stalled(REASONS.hostIsHarbor, message);
  }
  const whose = winner === undefined ? '' : ` (RegistryMirror ${winner})`;
  const message = `${host} is where nodes pull from Harbor${whose}: mirroring it would be a loop. Remove it from spec.upstream.hosts.`;
  return stalled(REASONS.hostIsHarbor, message);
}

function blocked(look: HarborLookResult): Blocked {
  return { kind: 'blocked', look };
}

/** Whether somebody deleted the mirror's project and made another one of that name, which may cache another upstream. */
function isReplaced({ status }: RegistryMirror, { url }: HarborSession, { id, name }: Project): boolean {
  const { harbor } = status;
  return (
    harbor?.url === url && harbor.projectName === name && harbor.projectID !== undefined && harbor.projectID !== id
  );
}
