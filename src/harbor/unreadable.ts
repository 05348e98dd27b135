import { parseMark } from './mark.js';
import type { Unreadable } from './types.js';

/** By what an object is looked up. */
export type Trace = 'id' | 'name' | 'endpoint' | 'project' | 'owner';

/** The objects of one list that can't be read, by what is known of them. */
export class UnreadableObjects {
  readonly all: readonly Unreadable[];
  readonly #byTrace = new Map<string, Unreadable>();
  readonly #unidentified: Unreadable | undefined;

  constructor(all: readonly Unreadable[]) {
    this.all = all;
    for (const item of all) for (const key of keysOf(item)) this.#byTrace.set(key, item);
    this.#unidentified = all.find(({ id }) => id === undefined);
  }

  /** One that is, or may be, what is looked for by this. */
  at(trace: Trace, value: string | number): Unreadable | undefined {
    return this.#byTrace.get(keyOf(trace, value)) ?? (trace === 'id' ? this.#unidentified : undefined);
  }

  /** It is known by now: somebody read or wrote it. */
  forget(id: number): void {
    const item = this.#byTrace.get(keyOf('id', id));
    if (item !== undefined) for (const key of keysOf(item)) this.#byTrace.delete(key);
  }
}

/** What stands for a mirror of a cluster in the index of owners. */
export function ownerKey(cluster: string, mirror: string): string {
  return JSON.stringify([cluster, mirror]);
}

/** Whose endpoint this is, by its description. */
export function ownerIn(description: string): string | undefined {
  const { mark } = parseMark(description);
  return mark === undefined ? undefined : ownerKey(mark.cluster, mark.mirror);
}

function keyOf(trace: Trace, value: string | number): string {
  return `${trace} ${value}`;
}

function keysOf({ id, name, endpointId, projectId, description }: Unreadable): readonly string[] {
  const traces: Readonly<Record<Trace, string | number | undefined>> = {
    id,
    name,
    endpoint: endpointId,
    project: projectId,
    owner: description === undefined ? undefined : ownerIn(description),
  };
  return Object.entries(traces).flatMap(([trace, value]) =>
    value === undefined ? [] : [keyOf(trace as Trace, value)],
  );
}
