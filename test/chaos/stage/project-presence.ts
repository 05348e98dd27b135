import type { HarborStandIn } from '../../harbor/index.js';
import { PULL_HOSTS } from './harbors.js';
import type { Harbors } from './harbors.js';

export type Presence = 'there' | 'never there' | 'deleted by the operator' | 'deleted by hand';
type Hand = 'operator' | 'somebody';

/** The projects of one moment, each by the prefix that nodes pull from. */
interface Present {
  readonly all: ReadonlySet<string>;
  /** Those that the operator made private: nobody pulls from them without a login. */
  readonly keptPrivate: ReadonlySet<string>;
}

/** Which projects the Harbors have, and who took away those that they haven't any more. */
export class ProjectPresence {
  readonly #harbors: Harbors;
  readonly #deletedBy = new Map<string, Hand>();
  readonly #privateBy = new Map<string, Hand>();
  readonly #ends: readonly (() => void)[];
  #known: ReadonlySet<string> = new Set();

  constructor(harbors: Harbors) {
    this.#harbors = harbors;
    this.#ends = harbors.all().map(([, harbor]) =>
      harbor.afterWrite(({ user }) => {
        this.#note(user === harbor.admin.username ? 'somebody' : 'operator');
      }),
    );
  }

  /** @param prefix - `host/project` */
  of(prefix: string): Presence {
    if (this.now().all.has(prefix)) return 'there';
    const by = this.#deletedBy.get(prefix);
    if (by === undefined) return 'never there';
    return by === 'somebody' ? 'deleted by hand' : 'deleted by the operator';
  }

  /** Every project of this moment; what isn't in it was not there. */
  now(): Present {
    const projects = this.#projects();
    const keptPrivate = projects.filter(({ prefix }) => this.#privateBy.get(prefix) === 'operator');
    return { all: prefixes(projects), keptPrivate: prefixes(keptPrivate) };
  }

  /** Ends the watch. */
  end(): void {
    for (const end of this.#ends) end();
  }

  #note(by: Hand): void {
    const projects = this.#projects();
    const all = prefixes(projects);
    for (const prefix of this.#known) if (!all.has(prefix)) this.#deletedBy.set(prefix, by);
    this.#known = all;
    const closed = prefixes(projects.filter(({ isPublic }) => !isPublic));
    for (const prefix of this.#privateBy.keys()) if (!closed.has(prefix)) this.#privateBy.delete(prefix);
    for (const prefix of closed) if (!this.#privateBy.has(prefix)) this.#privateBy.set(prefix, by);
  }

  #projects(): readonly { readonly prefix: string; readonly isPublic: boolean }[] {
    return this.#harbors.all().flatMap(([name, harbor]) =>
      harbor.projects().map((project) => ({
        prefix: `${PULL_HOSTS[name]}/${project.name}`,
        isPublic: isPublic(project),
      })),
    );
  }
}

export function isPublic({ metadata }: ReturnType<HarborStandIn['projects']>[number]): boolean {
  return metadata.public === 'true';
}

function prefixes(projects: readonly { readonly prefix: string }[]): ReadonlySet<string> {
  return new Set(projects.map(({ prefix }) => prefix));
}
