import { REASONS } from '../../api/reasons.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName } from '../../api/spec/upstream-types.js';
import type { Verdict } from '../../api/verdict.js';
import { stalled, waiting } from '../../api/verdict.js';
import { upstreamSecrets } from '../../credentials/upstream-secrets.js';
import type { SecretLookup } from '../../credentials/secrets.js';
import { HarborError } from '../../harbor/http/errors.js';
import type { InventoryView } from '../../harbor/inventory.js';
import type { Availability } from '../../harbor/session/facts.js';
import { tooOld } from '../../harbor/version.js';
import type { HarborSession } from '../../harbor/session/harbor-session.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { Project } from '../../harbor/types.js';
import { conflictOf } from '../claims/conflicts.js';
import type { Claim } from '../claims/conflicts.js';
import { findLoop } from '../claims/loops.js';
import type { Loop } from '../claims/loops.js';
import type { ServedState } from '../../policies/state.js';
import { desiredState } from '../desired/desired.js';
import { lookBefore, lookWhileDown, noPullHost } from './harbor-obstacle.js';
import type { Asks, BaseFindings } from './harbor-obstacle.js';
import type { HostIndex } from '../claims/host-index.js';
import { NOTHING_KNOWN, unseen } from './look-result.js';
import type { HarborLookResult, PullFacts } from './look-result.js';
import type { Retirement } from '../migration/retirement.js';
import type { HarborPlan } from '../plan/plan-input.js';
import type { Planner, Subject } from '../plan/planner.js';
import { projectIn } from '../../engines/entry.js';
import { verdictOf } from '../../harbor/outcome.js';
import type { HarborFindings } from './findings.js';
import { hostOf, servesFrom, upstreamOf } from './serving.js';

/** What Pods are sent to now, by the policies in the cluster. */
export interface Served {
  /** Whether a policy has this host, with these repositories of it, for this mirror. */
  serves(claim: Claim): boolean | 'unknown';
  served(mirror: string): ServedState;
}

interface ObserverOptions {
  readonly harbors: Pick<Harbors, 'sessionFor' | 'pullHostFor' | 'knownPullHost'>;
  readonly hosts: Pick<HostIndex, 'sharing' | 'naming' | 'pullingFrom'>;
  readonly policies: Served;
  readonly planner: Pick<Planner, 'plan'>;
  readonly secret: SecretLookup;
  /** The key for the credentials' HMAC; asked for only where there are any. */
  readonly hmacKey: () => Promise<Buffer>;
  readonly clusterId: string;
  /** Default `again`. */
  readonly asks?: Asks;
  /** Takes in where new Pods are sent now; see {@link Retirement.observe}. */
  readonly retirement: Pick<Retirement, 'observe'>;
}

/** A mirror is looked at when policies become readable: this is only a second net. */
const UNCLEAR_RETRY_MS = 10_000;

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

type Observation = Observed | Blocked;

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
    const { harbors, asks = 'again' } = this.#options;
    const found = harbors.sessionFor(mirror);
    if (!found.ok) return blocked(unseen(found.problem));
    const session = found.value;
    const base = this.#base(session);
    const { availability } = session.facts;
    if (availability.kind === 'down') return blocked(this.#harborDown(mirror, session, availability));
    if (availability.kind !== 'up') return blocked(lookBefore(availability, base, asks));
    const pullHost = harbors.pullHostFor(mirror, session);
    if (pullHost.kind !== 'known')
      return blocked(unseen(noPullHost(base.url, pullHost, asks), { ...base, reachable: true }));
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
  pullFacts({ mirror, session, pullHost, desired, view }: Subject & Pick<Observed, 'view'>): PullFacts {
    const served = this.#options.policies.served(mirror.metadata.name);
    if (servesFrom(served, { kind: 'known', host: pullHost }) !== 'here') return NOTHING_KNOWN;
    const name = served.kind === 'served' ? projectIn(served.entry.pullPrefix) : desired.projectName;
    const project = view.projectByName(name);
    const endpoint = project?.registryId === undefined ? undefined : view.endpointById(project.registryId);
    const facts = { ...NOTHING_KNOWN, harbor: 'up', upstream: upstreamOf(endpoint) } as const;
    if (served.kind !== 'served') return facts;
    const isThere = project !== undefined && endpoint !== undefined && !isReplaced(mirror, session, project);
    return { ...facts, servedProject: isThere ? 'there' : 'gone' };
  }

  #hostConflict(mirror: RegistryMirror): Verdict | undefined {
    const { hosts, policies } = this.#options;
    const conflict = conflictOf(mirror.metadata.name, hosts.sharing(mirror), (claim) => policies.serves(claim));
    if (conflict === undefined) return undefined;
    if (conflict === 'unknown') return unclear('another mirror that names the same host has it');
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
    const { harbors, policies } = this.#options;
    const from = servesFrom(policies.served(mirror.metadata.name), harbors.pullHostFor(mirror, session));
    return lookWhileDown(
      problem,
      this.#base(session),
      from === 'here' ? mirror.spec.rewrite.onHarborUnavailable : from,
    );
  }

  async #observeAt({ mirror, session, pullHost }: Place, base: BaseFindings): Promise<Observation> {
    const { secret, hmacKey, planner } = this.#options;
    const pullPrefix = `${pullHost}/${projectName(mirror)}`;
    const { missingPermissions } = session.facts;
    const findings = { ...base, pullPrefix, reachable: true, missingPermissions };
    const outdated = tooOld(session.facts.version);
    if (outdated !== undefined) return blocked(unseen(stalled(REASONS.harborTooOld, outdated), findings));
    const loop = this.#loop(mirror, pullHost);
    if (loop !== undefined) return blocked(unseen(loop, findings));
    const key = mirror.spec.upstream.credentialsSecretRef === undefined ? undefined : await hmacKey();
    const secrets = upstreamSecrets(mirror, secret, key);
    if (!secrets.ok) return blocked(unseen(secrets.problem, findings));
    const desired = desiredState(mirror, secrets.value, session.unproxied);
    const retireInMs = this.#options.retirement.observe(mirror, pullPrefix);
    const subject = { mirror, session, desired, pullHost, retireInMs };
    return { kind: 'observed', ...subject, findings, ...(await planner.plan(subject)) };
  }

  #loop(mirror: RegistryMirror, pullHost: string): Verdict | undefined {
    const { harbors, hosts, policies } = this.#options;
    const pullHostOf = ({ spec }: RegistryMirror): string | undefined => harbors.knownPullHost(spec);
    const loop = findLoop(mirror, {
      pullHost,
      ownPullHost: harbors.knownPullHost(),
      naming: (host) => hosts.naming(host),
      pullingFrom: (host) => hosts.pullingFrom(host, pullHostOf),
      serves: (claim) => policies.serves(claim),
      sendsTo: (name, host) => {
        const served = policies.served(name);
        return served.kind === 'unknown' ? 'unknown' : served.kind === 'served' && hostOf(served.entry) === host;
      },
    });
    if (loop === undefined) return undefined;
    return loop === 'unknown'
      ? unclear("nodes pull another mirror's images from a host that is mirrored")
      : loopVerdict(loop);
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

/** What depends on who serves is not decided while that isn't known: nobody is taken out of a policy for it. */
function unclear(what: string): Verdict {
  const message = `Whether ${what} isn't known, since not all policies can be read. Nothing changes until they are.`;
  return waiting(REASONS.policyUnknown, message, UNCLEAR_RETRY_MS);
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
