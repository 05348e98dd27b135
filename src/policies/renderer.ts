import { setImmediate } from 'node:timers/promises';
import { entryText } from '../engines/entry.js';
import type { PolicyGroup } from '../engines/placement/group.js';
import type { RenderedPolicy } from '../engines/policy.js';
import type { HostRule, Precedence } from '../engines/placement/precedence.js';
import { renderEmpty, renderPolicy } from '../engines/render.js';
import { settingsText } from '../engines/settings.js';
import type { Renderer } from './plan.js';

/** Remembers each policy as it was rendered last, since most are as before at each look. */
export class CachingRenderer {
  readonly #excludedNamespaces: readonly string[];
  #used = new Map<string, RenderedPolicy>();
  #before = new Map<string, RenderedPolicy>();

  constructor(excludedNamespaces: readonly string[]) {
    this.#excludedNamespaces = [...new Set(excludedNamespaces)].sort();
  }

  /** A renderer for one plan. What the plans before the last one had is forgotten. */
  with(precedence: Precedence): Renderer {
    this.#before = this.#used;
    this.#used = new Map();
    return {
      policy: (group) => this.#policy(group, precedence),
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

  #policy(group: PolicyGroup, precedence: Precedence): RenderedPolicy {
    const rules = precedence(group.entries);
    const key = JSON.stringify([settingsText(group.settings), group.name, group.entries.map(entryText), rules]);
    return this.#once(key, () => this.#render(group, rules));
  }

  #render(group: PolicyGroup, rules: readonly HostRule[]): RenderedPolicy {
    return renderPolicy({ ...group, rules, excludedNamespaces: this.#excludedNamespaces });
  }

  #once(key: string, make: () => RenderedPolicy): RenderedPolicy {
    const policy = this.#used.get(key) ?? this.#before.get(key) ?? make();
    this.#used.set(key, policy);
    return policy;
  }
}
