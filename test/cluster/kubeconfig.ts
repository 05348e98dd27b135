import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

export interface KubeconfigContent {
  /** The API server's URL. */
  readonly server: string;
  /** PEM certificates that the server's is checked against. */
  readonly ca: string;
  readonly user: string;
  readonly token: string;
}

/** Writes a kubeconfig with one context to `path`, readable by its owner only, and returns the path. */
export async function writeKubeconfig(path: string, content: KubeconfigContent): Promise<string> {
  const name = 'registry-mirror-test';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: { server: content.server, 'certificate-authority-data': Buffer.from(content.ca).toString('base64') },
      },
    ],
    users: [{ name: content.user, user: { token: content.token } }],
    contexts: [{ name, context: { cluster: name, user: content.user } }],
  };
  await writeFile(path, stringify(kubeconfig), { mode: 0o600 });
  return path;
}
