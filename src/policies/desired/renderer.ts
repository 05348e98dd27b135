import { setImmediate } from 'node:timers/promises';
import { entryText } from '../../engines/entry.js';
import type { PolicyGroup } from '../../engines/placement/group.js';
import type { Owner } from '../../engines/metadata/owners.js';
import type { RenderedPolicy } from '../../engines/policy.js';
import type { HostRule, Precedence } from '../../engines/placement/precedence.js';
import { renderEmpty, renderPolicy } from '../../engines/render.js';
import { settingsText } from '../../engines/settings.js';
import type { Renderer } from '../plan/plan.js';

/** The uid of a mirror's object; undefined where it is gone. */
type UidOf = (mirror: string) => string | undefined;

/** Remembers each policy as it was rendered last, since most are as before at each look. */
export class CachingRenderer {
  readonly #excludedNamespaces: readonly string[];
  #used = new Map<string, RenderedPolicy>();
  #before = new Map<string, RenderedPolicy>();

  constructor(excludedNamespaces: readonly string[]) {
    this.#excludedNamespaces = [...new Set(excludedNamespaces)].sort();
  }

  /** A renderer for one plan. What the plans before the last one had is forgotten. */
  with(precedence: Precedence, uidOf: UidOf): Renderer {
    this.#before = this.#used;
    this.#used = new Map();
    return {
      policy: (group) => this.#policy(group, precedence(group.entries), ownersOf(group, uidOf)),
      empty: ({ name, settings }) => this.#once(`${settingsText(settings)} ${name}`, () => renderEmpty(name, settings)),
    };
  }

  /** Renders these groups, one at a time: others have their turn in between. */
  async prepare(renderer: Renderer, groups: readonly PolicyGroup[]): Promise<void> {
    for (const group of groups) {
      const startedAt = performance.now();
      renderer.policy(group);
      if (performance.now() - startedAt > 1) await setImmediate();
    }
  }

  #policy(group: PolicyGroup, rules: readonly HostRule[], owners: readonly Owner[]): RenderedPolicy {
    const { name, settings, entries } = group;
    const key = JSON.stringify([settingsText(settings), name, entries.map(entryText), rules, owners]);
    const excludedNamespaces = this.#excludedNamespaces;
    return this.#once(key, () => renderPolicy({ ...group, rules, excludedNamespaces }, owners));
  }

  #once(key: string, make: () => RenderedPolicy): RenderedPolicy {
    const policy = this.#used.get(key) ?? this.#before.get(key) ?? make();
    this.#used.set(key, policy);
    return policy;
  }
}

function ownersOf({ entries }: PolicyGroup, uidOf: UidOf): readonly Owner[] {
  return entries.flatMap(({ mirror }) => {
    const uid = uidOf(mirror);
    return uid === undefined ? [] : [{ name: mirror, uid }];
  });
}
