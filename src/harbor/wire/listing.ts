import type { z } from 'zod';
import type { Listing, Unreadable } from '../types.js';

/** How one kind of object is listed. */
export interface ListedKind<T> {
  /** For messages. */
  readonly noun: string;
  readonly whole: z.ZodType<T>;
  /** What can be read of one that isn't as it should be: enough to know that it is there. Fails only where it is no object. */
  readonly traces: z.ZodType<Omit<Unreadable, 'why'>>;
}

/** The objects of a list, gathered page by page. An object that comes on two pages counts once. */
export class Gathered<T extends { readonly id: number }> {
  readonly #kind: ListedKind<T>;
  readonly #items = new Map<number, T>();
  readonly #unreadable: Unreadable[] = [];
  readonly #unreadableIds = new Set<number>();

  constructor(kind: ListedKind<T>) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#items.size + this.#unreadable.length;
  }

  get listing(): Listing<T> {
    return { items: [...this.#items.values()], unreadable: this.#unreadable };
  }

  /** @returns whether it is one that was not among these; false too where that can't be told */
  add(item: unknown): boolean {
    const whole = this.#kind.whole.safeParse(item);
    if (whole.success) {
      const isNew = !this.#items.has(whole.data.id);
      this.#items.set(whole.data.id, whole.data);
      return isNew;
    }
    const traces = this.#kind.traces.safeParse(item);
    const known = traces.success ? traces.data : {};
    const isNew = known.id !== undefined && !this.#unreadableIds.has(known.id);
    if (known.id !== undefined) {
      if (!isNew) return false;
      this.#unreadableIds.add(known.id);
    }
    this.#unreadable.push({ ...known, why: fault(whole.error) });
    return isNew;
  }
}

/** Which field isn't as it should be, and in which way. Never its value, nor what lies within it: a key there may be anything, a password even. */
export function fault({ issues: [issue] }: z.ZodError): string {
  const [field = 'the whole'] = issue?.path ?? [];
  return `${String(field)}: ${issue?.code ?? 'unreadable'}`;
}
