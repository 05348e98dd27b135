import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName } from '../../api/spec/upstream-types.js';
import type { Policies } from '../../policies/policies.js';
import type { PullSecrets } from '../../pull-secrets/pull-secrets.js';
import type { Harbors } from '../../harbor/session/harbors.js';
import type { MirrorCluster } from '../mirror-cluster.js';
import { isWithin } from '../plan/narrowing.js';
import type { Precondition } from '../plan/preconditions.js';

export interface PreconditionOptions {
  readonly policies: Pick<
    Policies,
    'state' | 'servesOnlyThrough' | 'maySendTo' | 'sentTo' | 'injects' | 'outdatedForMs'
  >;
  readonly cluster: Pick<MirrorCluster, 'mirror' | 'mirrorsNaming'>;
  readonly harbors: Pick<Harbors, 'urlFor' | 'knownPullHost'>;
  /** Left out where nothing waits for pull Secrets. */
  readonly isSpread?: PullSecrets['isSpread'];
}

/** Whether what an action of this mirror's plan requires holds at this moment. What is unknown doesn't. */
export function holdsFor(
  mirror: RegistryMirror,
  options: PreconditionOptions,
): (precondition: Precondition) => boolean {
  const { policies, isSpread } = options;
  const { name } = mirror.metadata;
  return (precondition) => {
    switch (precondition.kind) {
      case 'inNoPolicy':
        return isInNoPolicy(name, options);
      case 'usedByNoOther':
        return usersOf(precondition, options).every((each) => each === name || isInNoPolicy(each, options));
      case 'policiesSendOnlyTo':
        return isSwitchedTo(precondition.pullPrefix, name, options);
      case 'policyWithout':
        return !policies.maySendTo(name, precondition);
      case 'policyInjects':
        return policies.injects(name, precondition.pullPrefix);
      case 'policySendsOnly':
        return !policies.maySendTo(name, {
          pullPrefix: precondition.pullPrefix,
          counts: (include) => !isWithin(include, precondition.include),
        });
      case 'secretsSpread':
        return isSpread?.(mirror, precondition.pullPrefix) === 'yes';
    }
  };
}

function isInNoPolicy(name: string, { policies }: PreconditionOptions): boolean {
  return policies.state(name).kind === 'absent' && policies.outdatedForMs(name) === 0;
}

function isSwitchedTo(pullPrefix: string, name: string, { policies }: PreconditionOptions): boolean {
  return policies.servesOnlyThrough(name, pullPrefix) && policies.outdatedForMs(name) === 0;
}

type ProjectOfHarbor = Omit<Extract<Precondition, { kind: 'usedByNoOther' }>, 'kind'>;

/** The mirrors that may have this project of this Harbor: those that name it, and those that Pods may be sent to one of its name for. */
function usersOf(place: ProjectOfHarbor, options: PreconditionOptions): readonly string[] {
  const { policies, cluster } = options;
  const sent = policies.sentTo(place.project);
  const named = cluster.mirrorsNaming(place.project).map(({ metadata }) => metadata.name);
  return [...new Set([...named, ...sent])].filter((name) => {
    const mirror = cluster.mirror(name);
    // Where the project is that a mirror's Pods were sent to, nobody knows once its object is gone.
    return mirror === undefined || mayUse(mirror, place, sent.has(name), options);
  });
}

/** @param isSent - whether Pods may be sent to a project of this name for the mirror, which it may name no more */
function mayUse(
  mirror: RegistryMirror,
  { harborUrl, project }: ProjectOfHarbor,
  isSent: boolean,
  options: PreconditionOptions,
): boolean {
  const { harbors } = options;
  const { metadata, spec, status } = mirror;
  if (harbors.urlFor(mirror) === harborUrl || status.harbor?.url === harborUrl) return true;
  // Its status doesn't tell yet where it was before its spec was changed.
  if (status.harbor === undefined) return isSent;
  const wasThere = (status.formerHarbors ?? []).some(
    (former) => former.url === harborUrl && (isSent || former.projectName === project),
  );
  const pullHost = harbors.knownPullHost(spec);
  const hasMovedOn =
    pullHost !== undefined && isSwitchedTo(`${pullHost}/${projectName(mirror)}`, metadata.name, options);
  return wasThere && !hasMovedOn;
}
