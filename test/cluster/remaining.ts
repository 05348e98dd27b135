import type { Program } from './programs.js';

/** How long a build still takes, by what each program typically takes. */
export class Remaining {
  readonly #unfinished: Set<Program>;
  readonly #startedAt = new Map<Program, number>();

  constructor(programs: readonly Program[]) {
    this.#unfinished = new Set(programs);
  }

  start(program: Program, now: number): void {
    this.#startedAt.set(program, now);
  }

  finish(program: Program): void {
    this.#unfinished.delete(program);
    this.#startedAt.delete(program);
  }

  /** Programs that are built side by side share the cores. One that takes longer than usual is said to take a minute more. */
  minutes(now: number): number {
    const atOnce = Math.max(this.#startedAt.size, 1);
    const left = [...this.#unfinished].map((program) => {
      const startedAt = this.#startedAt.get(program) ?? now;
      return Math.max(program.minutes - (now - startedAt) / 60_000 / atOnce, 1);
    });
    return Math.ceil(left.reduce((sum, minutes) => sum + minutes, 0));
  }

  /** `still building kube-apiserver, kyverno: about 12 min left`; undefined while nothing is built. */
  line(now: number): string | undefined {
    const names = [...this.#startedAt.keys()].map(({ name }) => name);
    return names.length === 0 ? undefined : `still building ${names.join(', ')}: about ${this.minutes(now)} min left`;
  }
}
