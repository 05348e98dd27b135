import type { Harbor } from './harbor.js';
import { refreshStatus } from './registries.js';

/** Harbor's own health check of its endpoints, again and again. Nothing else has an endpoint say that its upstream is down. */
export class EndpointChecks {
  readonly #timer: NodeJS.Timeout | undefined;
  #isRunning = false;

  constructor(harbor: Harbor) {
    const { endpointCheckMs } = harbor.settings;
    if (endpointCheckMs > 0) this.#timer = setInterval(() => void this.#check(harbor), endpointCheckMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** An upstream that hangs holds up the next check, and no more than that. */
  async #check(harbor: Harbor): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await refreshStatus(harbor);
    } finally {
      this.#isRunning = false;
    }
  }
}
