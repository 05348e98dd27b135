import { formerHarborsOf, placeOf } from '../../api/former-harbors.js';
import type { FormerHarbor, HarborStatus, RegistryMirror, RegistryMirrorStatus } from '../../api/registry-mirror.js';
import type { HarborFindings } from '../look/findings.js';
import { harborStatusOf } from '../status/harbor-status.js';
import { beganIn, placeIn } from './began-in.js';
import type { FormerHarbors } from './former-harbors.js';

type Whereabouts = Pick<RegistryMirrorStatus, 'harbor' | 'formerHarbors'>;

/**
 * Where mirrors have something in Harbor that their statuses don't tell yet, since a status waits until the policy is in force: whoever is moved
 * meanwhile leaves nothing behind. What a restart would forget is written down before anything is written in that Harbor: by the annotation of a new
 * mirror, and else by a status that says no more than that.
 */
export class Unreported {
  readonly #known = new Map<string, { readonly uid: string | undefined; readonly whereabouts: Whereabouts }>();

  /** The mirror with a status that tells where it has something, as of its last look. */
  told(mirror: RegistryMirror): RegistryMirror {
    const whereabouts = this.#whereaboutsOf(mirror);
    return whereabouts === undefined ? mirror : { ...mirror, status: { ...mirror.status, ...whereabouts } };
  }

  /** The mirror has nothing anywhere: what its annotation says is still to come. */
  begin({ metadata: { name, uid } }: RegistryMirror): void {
    if (this.#known.get(name)?.uid !== uid) this.#known.set(name, { uid, whereabouts: {} });
  }

  /**
   * Something is about to be written in the Harbor of this url.
   *
   * @param stored - the mirror as the API server has it
   * @param project - one whose name has to be known, since its endpoint may be named after another one
   * @returns the status that has to be written before; undefined where a restart would not forget it
   */
  enter(stored: RegistryMirror, url: string, clusterId: string, project?: string): RegistryMirrorStatus | undefined {
    const { name, uid } = stored.metadata;
    const mirror = this.told(stored);
    const here = placeIn(mirror, url);
    const before = mirror.status.harbor?.url === url ? mirror.status.harbor : undefined;
    const projectName = project ?? before?.projectName ?? here.projectName;
    const isSame = before?.projectName === projectName;
    const former = formerHarborsOf(mirror, url);
    const whereabouts = {
      harbor: { ...(isSame ? before : endpointOf(before)), ...here, clusterID: clusterId, projectName },
      ...(former.length === 0 ? {} : { formerHarbors: former }),
    };
    if (!isSame) this.#known.set(name, { uid, whereabouts });
    const tells = (place: FormerHarbor | undefined): boolean =>
      place?.url === url && (project === undefined || place.projectName === project);
    const isTold = tells(placeOf(stored.status.harbor));
    const begins = former.length === 0 && beginsIn(stored, here) && tells(beganIn(stored));
    return isTold || begins ? undefined : statusOf(stored.status, whereabouts);
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

  #whereaboutsOf(mirror: RegistryMirror): Whereabouts | undefined {
    const { name, uid } = mirror.metadata;
    const known = this.#known.get(name);
    if (known !== undefined && known.uid === uid) return known.whereabouts;
    const began = beganIn(mirror);
    return began === undefined ? undefined : { harbor: began };
  }
}

/** Another project has another id. */
function endpointOf({ endpointID, endpointType }: HarborStatus = {}): HarborStatus {
  return { ...(endpointID !== undefined && { endpointID }), ...(endpointType !== undefined && { endpointType }) };
}

/** Whether the annotation says so. */
function beginsIn(stored: RegistryMirror, { url, credentialsSecretRef }: FormerHarbor): boolean {
  const began = beganIn(stored);
  return began?.url === url && began.credentialsSecretRef?.name === credentialsSecretRef?.name;
}

/** The status as it was but for this. What its conditions say of the Harbor of before is no word on another one. */
function statusOf(before: RegistryMirrorStatus, whereabouts: Whereabouts): RegistryMirrorStatus {
  const { harbor, formerHarbors, conditions = [] } = before;
  const isSame = harbor?.url === whereabouts.harbor?.url;
  return {
    ...before,
    ...(formerHarbors === undefined ? {} : { formerHarbors: [] }),
    ...whereabouts,
    conditions: isSame ? conditions : conditions.filter(({ type }) => type !== 'HarborReachable'),
  };
}
