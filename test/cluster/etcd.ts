import { join } from 'node:path';
import type { Daemon, Daemons } from '../support/daemons.js';

export interface EtcdOptions {
  readonly program: string;
  readonly folder: string;
  readonly clientPort: number;
  readonly peerPort: number;
}

/** Starts an etcd that forgets everything when the machine crashes: no fsync. The API server waits for it by itself. */
export function startEtcd(daemons: Daemons, options: EtcdOptions): Daemon {
  const client = `http://127.0.0.1:${options.clientPort}`;
  const peer = `http://127.0.0.1:${options.peerPort}`;
  return daemons.start({
    name: 'etcd',
    program: options.program,
    logPath: join(options.folder, 'etcd.log'),
    args: [
      `--data-dir=${join(options.folder, 'etcd')}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // A single member elects itself; the defaults would make it wait a second for that.
      '--heartbeat-interval=10',
      '--election-timeout=100',
    ],
  });
}

/** Compacts etcd's history up to now: what asks for an older revision is answered "compacted". */
export async function compactEtcd(clientPort: number): Promise<void> {
  const call = async (path: string, body: unknown): Promise<{ header: { revision: string } }> => {
    const response = await fetch(`http://127.0.0.1:${clientPort}${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`etcd answered ${path} with ${response.status}: ${await response.text()}`);
    return (await response.json()) as { header: { revision: string } };
  };
  const { header } = await call('/v3/kv/range', { key: Buffer.from('nothing').toString('base64') });
  await call('/v3/kv/compaction', { revision: header.revision, physical: true });
}
