/** How often a turn of the event loop is asked for, in ms. */
const EVERY_MS = 20;

/** How late a turn of the event loop came, in seconds. */
export interface Delay {
  readonly seconds: number;
  /** How much of it this process itself may have worked, and not waited for a core. */
  readonly ownSeconds: number;
}

interface Clocks {
  /** ms */
  readonly now: () => number;
  /** CPU time of this thread so far, in ms. */
  readonly cpu: () => number;
}

const CLOCKS: Clocks = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * Tells again and again how much later than asked for a turn of the event loop came: what works for long in one piece shows in it, and so does a machine
 * that has no core free. Node's own figures begin anew with each scrape, and so can't be added up over a time.
 */
export function watchEventLoop(observe: (delay: Delay) => void, { now, cpu }: Clocks = CLOCKS): NodeJS.Timeout {
  let due = now() + EVERY_MS;
  let cpuBefore = cpu();
  return setInterval(() => {
    const [at, cpuNow] = [now(), cpu()];
    const ms = Math.max(0, at - due);
    observe({ seconds: ms / 1000, ownSeconds: Math.min(ms, cpuNow - cpuBefore) / 1000 });
    due = at + EVERY_MS;
    cpuBefore = cpuNow;
  }, EVERY_MS).unref();
}
