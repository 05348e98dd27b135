import type { FormerHarbor, RegistryMirror } from '../api/registry-mirror.js';
import { formerHarborsOf } from '../api/former-harbors.js';
import type { Harbors } from '../harbor/session/harbors.js';
import type { HarborSession } from '../harbor/session/harbor-session.js';
import type { Log } from '../log.js';
import { OrphanCollector } from '../mirror/orphans/collector.js';
import { StrayFinder } from '../mirror/orphans/strays.js';
import type { MirrorReconciler } from '../mirror/reconcile.js';
import type { WorkQueue } from '../kubernetes/queue/work-queue.js';

interface TidyingOptions {
  readonly clusterId: string;
  readonly cluster: { readonly mirrors: () => readonly RegistryMirror[] };
  readonly queue: Pick<WorkQueue, 'add'>;
  readonly reconciler: () => Pick<MirrorReconciler, 'hasBeenIn'>;
  readonly harbors: () => Pick<Harbors, 'mirrorsAt' | 'urlFor' | 'urlsOf'>;
  readonly log: Log;
}

/** What is done at each sweep of a Harbor, for what no mirror knows of any more. */
export function tidying(options: TidyingOptions): (session: HarborSession) => Promise<void> {
  const { clusterId, cluster, queue, reconciler, harbors, log } = options;
  const orphans = new OrphanCollector({
    clusterId,
    mirrors: (url): ReadonlySet<string> => harbors().mirrorsAt(url),
    onCollected: (harbor, { name }) => {
      log.info(`delete endpoint ${name}: its mirror is gone`, { action: 'DeleteEndpoint', harbor });
    },
  });
  const strays = new StrayFinder({
    clusterId,
    elsewhere: (url) => {
      const others = cluster.mirrors().filter((mirror) => !harbors().urlsOf(mirror).includes(url));
      return new Set(
        others.filter(({ spec }) => spec.deletionPolicy === 'Delete').map(({ metadata }) => metadata.name),
      );
    },
    onFound: (url, { mirror, projectName }) => {
      const what = `${mirror} was moved away from ${url} before its status told of project ${projectName} there.`;
      log.info(what, { mirror, harbor: url });
      reconciler().hasBeenIn(mirror, { url, projectName, ...loginAt(url, cluster.mirrors(), harbors()) });
      queue.add(mirror);
    },
  });
  return async (session) => {
    await orphans.collect(session);
    await strays.look(session);
  };
}

/** How those mirrors log in to a Harbor that use it, or did. */
function loginAt(
  url: string,
  mirrors: readonly RegistryMirror[],
  harbors: Pick<Harbors, 'urlFor'>,
): Pick<FormerHarbor, 'credentialsSecretRef' | 'caCertificateSecretRef'> {
  const known = mirrors.flatMap((mirror): readonly Partial<FormerHarbor>[] => {
    const present = harbors.urlFor(mirror);
    if (present === url) return [mirror.spec.harbor ?? {}];
    return formerHarborsOf(mirror, present).filter((former) => former.url === url);
  });
  const { credentialsSecretRef, caCertificateSecretRef } = known[0] ?? {};
  return {
    ...(credentialsSecretRef === undefined ? {} : { credentialsSecretRef }),
    ...(caCertificateSecretRef === undefined ? {} : { caCertificateSecretRef }),
  };
}
