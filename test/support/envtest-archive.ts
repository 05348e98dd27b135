import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { runCommand } from './command.js';
import { portOf } from './ports.js';

export interface ServedArchive {
  readonly environment: Readonly<Record<'ENVTEST_ARCHIVE_URL' | 'ENVTEST_ARCHIVE_SHA512', string>>;
  close(): Promise<void>;
}

/** Serves an archive of the form that envtest's have, with files that are no programs. */
export async function serveArchive(
  folder: string,
  names: readonly string[] = ['etcd', 'kube-apiserver', 'kubectl'],
): Promise<ServedArchive> {
  const root = join(folder, 'archive');
  mkdirSync(join(root, 'controller-tools/envtest'), { recursive: true });
  for (const name of names) writeFileSync(join(root, 'controller-tools/envtest', name), `the ${name} of the archive\n`);
  const file = join(folder, 'envtest.tar.gz');
  const { code, stderr } = await runCommand('tar', ['-czf', file, '-C', root, 'controller-tools']);
  if (code !== 0) throw new Error(`tar failed: ${stderr}`);
  const content = readFileSync(file);
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/envtest.tar.gz' ? 200 : 404;
    response.end(response.statusCode === 200 ? content : '');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    environment: {
      ENVTEST_ARCHIVE_URL: `http://127.0.0.1:${portOf(server)}/envtest.tar.gz`,
      ENVTEST_ARCHIVE_SHA512: createHash('sha512').update(content).digest('hex'),
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}
