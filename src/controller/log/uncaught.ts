import type { Log } from '../../log.js';

/**
 * What nothing has caught is a bug, and nobody knows what works on after it: the process ends, as it would without this. But Node would print the error as plain
 * text, which no program takes for a line of the log, with all that hangs on it.
 */
export function endOnUncaught(log: Log): void {
  // A rejection that nobody handles comes here, too.
  process.on('uncaughtException', (error) => {
    log.error('A bug of the operator, which nothing caught; ending. Please report it.', { error });
    process.exit(1);
  });
}
