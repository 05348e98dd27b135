/** Tells the demo's story on standard output. */
export class Narrator {
  readonly #total: number;
  readonly #out: (line: string) => void;
  #number = 0;
  #title = 'starting';

  /** @param total how many steps there are. */
  constructor(total: number, out: (line: string) => void = console.log) {
    this.#total = total;
    this.#out = out;
  }

  /** The step that is under way, for the text of an error. */
  get current(): string {
    return `step ${this.#number} (${this.#title})`;
  }

  step(title: string): void {
    this.#number += 1;
    this.#title = title;
    this.#out(`\n[${this.#number}/${this.#total}] ${title}`);
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) this.#out(`  ${line}`.trimEnd());
  }

  /** A command as one would type it, and what it printed. */
  command(line: string, output: string): void {
    this.#out(`\n  $ ${line}`);
    this.say(...output.trimEnd().split('\n'));
  }

  gap(): void {
    this.#out('');
  }
}
