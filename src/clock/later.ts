/**
 * Calls `then` once `ms` have passed by `performance.now`. A timer may fire a millisecond before that, and who then looks at the clock finds that
 * it isn't time yet, and that nobody will call again. Doesn't keep the process alive.
 */
export function later(ms: number, then: () => void): void {
  const at = performance.now() + ms;
  const fire = (): void => {
    const left = at - performance.now();
    if (left > 0) setTimeout(fire, left).unref();
    else then();
  };
  setTimeout(fire, ms).unref();
}
