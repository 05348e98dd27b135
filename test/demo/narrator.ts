/** Tells the demo's story on standard output. */
export class Narrator {
  readonly #total: number;
  #number = 0;
  #title = 'starting';

  /** @param total how many steps there are. */
  constructor(total: number) {
    this.#total = total;
  }

  /** The step that is under way, for the text of an error. */
  get current(): string {
    return `step ${this.#number} (${this.#title})`;
  }

  step(title: string): void {
    this.#number += 1;
    this.#title = title;
    console.log(`\n[${this.#number}/${this.#total}] ${title}`);
  }

  say(...lines: readonly string[]): void {
    for (const line of lines) console.log(`  ${line}`.trimEnd());
  }

  /** A command as one would type it, and what it printed. */
  command(line: string, output: string): void {
    console.log(`\n  $ ${line}`);
    this.say(...output.trimEnd().split('\n'));
  }

  gap(): void {
    console.log('');
  }
}
