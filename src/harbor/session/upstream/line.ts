/** Where nothing hangs a turn comes soon, and to wait for it is less work than to come again. */
const PATIENCE_MS = 500;

/** Those that wait for a moment until it is their turn, the first first. */
export class Line {
  readonly #patienceMs: number;
  readonly #waiting = new Set<(isCalled: boolean) => void>();
  #called = 0;

  constructor(patienceMs = PATIENCE_MS) {
    this.#patienceMs = patienceMs;
  }

  /** Those whose turn it is, and who have not gone on yet. */
  get called(): number {
    return this.#called;
  }

  /** Resolves when it is one's turn, or one has waited for long enough. */
  async turn(): Promise<void> {
    const isCalled = await new Promise<boolean>((resolve) => {
      const end = (called: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve(called);
      };
      const timer = setTimeout(() => {
        end(false);
      }, this.#patienceMs);
      this.#waiting.add(end);
    });
    if (isCalled) this.#called -= 1;
  }

  /** There is room for so many, those who were called before among them. */
  next(room: number): void {
    for (const end of [...this.#waiting].slice(0, Math.max(0, room - this.#called))) {
      this.#called += 1;
      end(true);
    }
  }
}
