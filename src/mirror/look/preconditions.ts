import type { RegistryMirror } from '../../api/registry-mirror.js';
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
  readonly harbors: Pick<Harbors, 'urlFor'>;
  /** Left out where nothing waits for pull Secrets. */
  readonly isSpread?: PullSecrets['isSpread'];
}

/** Whether what an action of this mirror's plan requires holds at this moment. What is unknown doesn't. */
export function holdsFor(
  mirror: RegistryMirror,
  { policies, cluster, harbors, isSpread }: PreconditionOptions,
): (precondition: Precondition) => boolean {
  const { name } = mirror.metadata;
  const isInNoPolicy = (each: string): boolean =>
    policies.state(each).kind === 'absent' && policies.outdatedForMs(each) === 0;
  const isElsewhere = (other: RegistryMirror, url: string, project: string): boolean =>
    harbors.urlFor(other) !== url && other.status.harbor?.url !== url && !wasIn(other, url, project);
  return (precondition) => {
    switch (precondition.kind) {
      case 'inNoPolicy':
        return isInNoPolicy(name);
      case 'usedByNoOther': {
        const { harborUrl, project } = precondition;
        // One that has moved on may name it no more, and is served from it until the policy of its new project is in force.
        const sent = policies.sentTo(project).flatMap((each) => cluster.mirror(each) ?? []);
        const users = [...cluster.mirrorsNaming(project), ...sent];
        const others = users.filter(({ metadata }) => metadata.name !== name);
        return others.every((other) => isElsewhere(other, harborUrl, project) || isInNoPolicy(other.metadata.name));
      }
      case 'policiesSendOnlyTo':
        return policies.servesOnlyThrough(name, precondition.pullPrefix) && policies.outdatedForMs(name) === 0;
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

/** Whether the mirror had this project of this Harbor before it was moved to another one, and has not let go of it yet. */
function wasIn({ status: { formerHarbors = [] } }: RegistryMirror, url: string, project: string): boolean {
  return formerHarbors.some((former) => former.url === url && former.projectName === project);
}
