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

  constructor(kind: ListedKind<T>) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#items.size + this.#unreadable.length;
  }

  get listing(): Listing<T> {
    return { items: [...this.#items.values()], unreadable: this.#unreadable };
  }

  add(item: unknown): void {
    const whole = this.#kind.whole.safeParse(item);
    if (whole.success) {
      this.#items.set(whole.data.id, whole.data);
      return;
    }
    const traces = this.#kind.traces.safeParse(item);
    this.#unreadable.push({ ...(traces.success ? traces.data : {}), why: fault(whole.error) });
  }
}

/** Which field isn't as it should be, and in which way. Never its value, nor what lies within it: a key there may be anything, a password even. */
export function fault({ issues: [issue] }: z.ZodError): string {
  const [field = 'the whole'] = issue?.path ?? [];
  return `${String(field)}: ${issue?.code ?? 'unreadable'}`;
}
