import type { LooseSpec } from '../../support/world.js';

/** The operator's own Harbor, and one that mirrors name in `spec.harbor`. */
export type HarborName = 'first' | 'second';

/** An endpoint and a project that somebody made for a mirror's upstream, in either Harbor, and what the mirror's `adoptionPolicy` makes of them. */
export interface HandMade {
  readonly project: string;
  readonly adoptionPolicy: 'Use' | 'Adopt';
}

/** What one mirror of a chaos run may become. Everything follows from its number. */
export interface Cast {
  readonly name: string;
  /** Its upstream, which no other mirror has. */
  readonly host: string;
  /** The project names that edits give it; nobody else uses them, but for a foreign one. */
  readonly projects: readonly string[];
  readonly spec: LooseSpec;
  /** The Harbor that it is made with. */
  readonly harbor: HarborName;
  /** Its deletionPolicy is always Delete, so nothing of it may be left over. */
  readonly leavesNothing: boolean;
  /** Its Pods leave the cache while its upstream is away (`onUpstreamUnavailable: Withdraw`). */
  readonly withdraws: boolean;
  /** What it is made with as its project. */
  readonly handMade: HandMade | undefined;
  /** The Secret with its upstream's login. */
  readonly secret: string | undefined;
}

/** A host that several mirrors are given: only one of them can have it. */
export const SHARED_HOST = 'shared.example.org';
/** What begins so in Harbor stays somebody else's. */
const SOMEBODYS = 'somebodys-';
/** What begins so was made by hand, and is taken over. */
const HANDMADE = 'handmade-';
/** A project that is in Harbor before the run, on an endpoint without a mark. */
export const FOREIGN_PROJECT = `${SOMEBODYS}cache`;
export const ENGINES = ['ClusterPolicy', 'MutatingPolicy', 'MutatingAdmissionPolicy'] as const;
/** The shortest there is: what hands did in Harbor is to be seen before the run ends. */
const INTERVAL = '1m';

/** Whether an endpoint or a project of this name was in Harbor before the run. */
export function ownerBefore(name: string): 'stays somebody else’s' | 'is taken over' | undefined {
  if (name.startsWith(SOMEBODYS)) return 'stays somebody else’s';
  return name.startsWith(HANDMADE) ? 'is taken over' : undefined;
}

/** All project names that a mirror may have. */
export function projectsOf({ projects, handMade }: Cast): readonly string[] {
  return handMade === undefined ? projects : [...projects, handMade.project];
}

/** So many mirrors, over the three engines. */
export function createFleet(count: number): readonly Cast[] {
  return Array.from({ length: count }, (_, index) => createCast(index));
}

function createCast(index: number): Cast {
  const name = `chaos-${String(index).padStart(3, '0')}`;
  const host = `${name}.example.org`;
  const leavesNothing = index % 4 !== 0;
  const secret = index % 5 === 1 ? `${name}-login` : undefined;
  const withdraws = [1, 4].includes(index % 7);
  const handMade = handMadeFor(index, name);
  const isPrivate = index % 10 === 7;
  return {
    name,
    host,
    projects: [name, `${name}-b`, `${name}-c`],
    leavesNothing,
    withdraws,
    handMade,
    secret,
    harbor: index % 4 === 3 ? 'second' : 'first',
    spec: {
      upstream: {
        type: 'docker-registry',
        url: `https://${host}`,
        ...(secret === undefined ? {} : { credentialsSecretRef: { name: secret } }),
      },
      project: {
        public: !isPrivate,
        ...(handMade === undefined ? {} : { name: handMade.project }),
        ...(index % 6 === 2 ? { storageQuota: '5Gi' } : {}),
      },
      rewrite: {
        engine: ENGINES[index % ENGINES.length] ?? 'ClusterPolicy',
        pullSecret: isPrivate ? 'Inject' : 'None',
        failurePolicy: index % 7 === 3 ? 'Ignore' : 'Fail',
        onHarborUnavailable: index % 8 === 5 ? 'Keep' : 'Withdraw',
        onUpstreamUnavailable: withdraws ? 'Withdraw' : 'Keep',
      },
      deletionPolicy: leavesNothing || index % 8 === 0 ? 'Delete' : 'Retain',
      ...(handMade === undefined ? {} : { adoptionPolicy: handMade.adoptionPolicy }),
      interval: INTERVAL,
    },
  };
}

function handMadeFor(index: number, name: string): HandMade | undefined {
  if (index % 12 === 5) return { project: `${SOMEBODYS}${name}`, adoptionPolicy: 'Use' };
  if (index % 12 === 10) return { project: `${HANDMADE}${name}`, adoptionPolicy: 'Adopt' };
  return undefined;
}
