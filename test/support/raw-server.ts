import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { portOf } from './ports.js';

/** A server that answers as the test says, for what no Harbor would. */
export interface RawServer {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function startRawServer(answer: RequestListener): Promise<RawServer> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server: Server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
