import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The port that a listening server has; throws when it does not listen on TCP. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen on a TCP port.');
  return address.port;
}

/**
 * `count` different loopback ports that nobody listens on right now, for programs that can't be given port 0.
 * All are held until the last one is found, so they differ.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map(
      (server) =>
        new Promise<void>((resolve, reject) => {
          server.once('error', reject).listen(0, '127.0.0.1', resolve);
        }),
    ),
  );
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
