/** How often a turn of the event loop is asked for, in ms. */
const EVERY_MS = 20;

/**
 * Tells again and again how much later than asked for a turn of the event loop came: what works for long in one piece shows in it. Node's own figures begin
 * anew with each scrape, and so can't be added up over a time.
 *
 * @param observe - takes the delay in seconds
 */
export function watchEventLoop(
  observe: (seconds: number) => void,
  now = (): number => performance.now(),
): NodeJS.Timeout {
  let due = now() + EVERY_MS;
  return setInterval(() => {
    const at = now();
    observe(Math.max(0, at - due) / 1000);
    due = at + EVERY_MS;
  }, EVERY_MS).unref();
}
