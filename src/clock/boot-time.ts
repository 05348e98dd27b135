import { uptime } from 'node:os';

/**
 * Milliseconds since the machine started, to 10 ms. It goes on while this process is stopped, as `performance.now` does, and on Linux also
 * while the machine sleeps, as `performance.now` doesn't: what others may do meanwhile is measured by this one.
 */
export function bootTimeMs(): number {
  return uptime() * 1000;
}
