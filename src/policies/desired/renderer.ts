import { entryText } from '../../engines/entry.js';
import type { MirrorEntry } from '../../engines/entry.js';
import type { ObjectMeta } from '../../api/object-meta.js';
import { keepsDependents } from '../../api/owners.js';
import type { Owner } from '../../api/owners.js';
import type { PolicyGroup } from '../../engines/placement/group.js';
import { precedence } from '../../engines/placement/precedence.js';
import { rivalsAmong } from '../../engines/placement/rivals.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import { renderEmpty, renderPolicy } from '../../engines/render.js';
import { settingsText } from '../../engines/settings.js';
import type { Turn } from '../../clock/turn.js';
import { keyOfPolicy } from '../observe/live.js';
import type { Renderer } from '../plan/plan.js';

/** The metadata of a mirror's object; undefined where it is gone. */
type MetadataOf = (mirror: string) => Pick<ObjectMeta, 'uid' | 'finalizers'> | undefined;

/** All that a policy is made of. */
interface Ingredients {
  readonly settings: string;
  readonly entries: readonly MirrorEntry[];
  /** Other policies' mirrors on the same hosts. */
  readonly rivals: readonly MirrorEntry[];
  readonly owners: readonly Owner[];
}

interface Rendered {
  readonly of: Ingredients;
  readonly policy: RenderedPolicy;
}

/** By the policies' keys: a policy is asked for as it is to be, and as it is tried after a refusal. */
type Cache = Map<string, Rendered[]>;

/** Remembers each policy as it was rendered last, since most are as before at each look: only what has changed costs a rendering. */
export class CachingRenderer {
  readonly #excludedNamespaces: readonly string[];
  readonly #onRender: (policy: string) => void;
  #used: Cache = new Map();
  #before: Cache = new Map();

  /** @param onRender - told of each policy that is rendered anew */
  constructor(excludedNamespaces: readonly string[], onRender: (policy: string) => void = () => undefined) {
    this.#excludedNamespaces = [...new Set(excludedNamespaces)].sort();
    this.#onRender = onRender;
  }

  /**
   * A renderer for one plan. What the plans before the last one had is forgotten.
   *
   * @param all - the mirrors of all policies
   */
  with(all: readonly MirrorEntry[], metadataOf: MetadataOf): Renderer {
    this.#before = this.#used;
    this.#used = new Map();
    const rivalsOf = rivalsAmong(all);
    return {
      policy: (group) => this.#policy(group, rivalsOf(group.entries), ownersOf(group, metadataOf)),
      empty: ({ name, settings }, ownersBefore = []) => {
        const owners = ownersBefore.filter((owner) => takesAlong(owner, metadataOf));
        const of = { settings: settingsText(settings), entries: [], rivals: [], owners };
        const key = `empty ${keyOfPolicy({ kind: settings.engine, name })}`;
        return this.#once(key, of, () => renderEmpty(name, settings, owners));
      },
    };
  }

  /** Renders these groups; others have their turn in between. */
  async prepare(renderer: Renderer, groups: readonly PolicyGroup[], turn: Turn): Promise<void> {
    for (const group of groups) {
      await turn.breathe();
      renderer.policy(group);
    }
    await turn.breathe();
  }

  #policy(group: PolicyGroup, rivals: readonly MirrorEntry[], owners: readonly Owner[]): RenderedPolicy {
    const { name, settings, entries } = group;
    const of = { settings: settingsText(settings), entries, rivals, owners };
    return this.#once(keyOfPolicy({ kind: settings.engine, name }), of, () => {
      const rules = precedence(rivals)(entries);
      return renderPolicy({ ...group, rules, excludedNamespaces: this.#excludedNamespaces }, owners);
    });
  }

  #once(key: string, of: Ingredients, make: () => RenderedPolicy): RenderedPolicy {
    const used = this.#used.get(key) ?? [];
    const known = [...used, ...(this.#before.get(key) ?? [])].find((each) => isSame(each.of, of));
    if (known !== undefined && used.includes(known)) return known.policy;
    if (known === undefined) this.#onRender(key);
    const rendered = known ?? { of, policy: make() };
    this.#used.set(key, [...used, rendered]);
    return rendered.policy;
  }
}

function isSame(a: Ingredients, b: Ingredients): boolean {
  return (
    a.settings === b.settings &&
    isSameList(a.entries, b.entries, isSameEntry) &&
    isSameList(a.rivals, b.rivals, isSameEntry) &&
    isSameList(a.owners, b.owners, (x, y) => x.name === y.name && x.uid === y.uid)
  );
}

function isSameList<T>(a: readonly T[], b: readonly T[], isSameItem: (x: T, y: T) => boolean): boolean {
  return (
    a.length === b.length &&
    a.every((item, i) => {
      const other = b[i];
      return other !== undefined && isSameItem(item, other);
    })
  );
}

/** Most are the same object. */
function isSameEntry(a: MirrorEntry, b: MirrorEntry): boolean {
  return a === b || entryText(a) === entryText(b);
}

/** For an owner that is gone, or goes in the foreground, the garbage collector would delete the policy at once. */
function takesAlong({ name, uid }: Owner, metadataOf: MetadataOf): boolean {
  const metadata = metadataOf(name);
  return metadata?.uid === uid && keepsDependents(metadata);
}

function ownersOf({ entries }: PolicyGroup, metadataOf: MetadataOf): readonly Owner[] {
  return entries.flatMap(({ mirror }) => {
    const uid = metadataOf(mirror)?.uid;
    return uid === undefined ? [] : [{ name: mirror, uid }];
  });
}
