import type { RegistryMirror } from '../../api/registry-mirror.js';
import type { HarborFindings } from '../look/findings.js';
import { harborStatusOf } from '../status/harbor-status.js';
import type { FormerHarbors } from './former-harbors.js';

type Whereabouts = Pick<RegistryMirror['status'], 'harbor' | 'formerHarbors'>;

/**
 * Where mirrors have something in Harbor that their statuses don't tell yet, since a status waits until the policy is in force: whoever is moved
 * meanwhile leaves nothing behind. After a restart it is forgotten.
 */
export class Unreported {
  readonly #known = new Map<string, { readonly uid: string | undefined; readonly whereabouts: Whereabouts }>();

  /** The mirror with a status that tells where it has something, as of its last look. */
  told(mirror: RegistryMirror): RegistryMirror {
    const { name, uid } = mirror.metadata;
    const known = this.#known.get(name);
    return known === undefined || known.uid !== uid
      ? mirror
      : { ...mirror, status: { ...mirror.status, ...known.whereabouts } };
  }

  /** A look found this, and its status waits. */
  note(mirror: RegistryMirror, harbor: HarborFindings | undefined, former: FormerHarbors): void {
    const { name, uid } = mirror.metadata;
    const present = harborStatusOf(mirror, harbor);
    const whereabouts = {
      ...(present === undefined ? {} : { harbor: present }),
      ...(former.list.length === 0 ? {} : { formerHarbors: former.list }),
    };
    this.#known.set(name, { uid, whereabouts });
  }

  /** The status is written, or the mirror's object is gone. */
  forget(mirror: string): void {
    this.#known.delete(mirror);
  }
}
