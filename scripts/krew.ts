// Prints the manifest by which krew installs the command line as a plugin of kubectl: `tsx scripts/krew.ts OWNER/REPOSITORY VERSION < SHA256SUMS`.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';

const NAME = 'registry-mirror';

const DESCRIPTION = `Tools for RegistryMirrors, a proxy cache in Harbor and the policy that sends Pods to it:
why a Pod's images are as they are (explain), what a mirror would change in Harbor
and in the cluster (plan), what a policy looks like (render), and what it makes of an
image (check). render and check need no cluster.
`;

interface Archive {
  readonly os: string;
  readonly arch: string;
  readonly file: string;
  readonly sha256: string;
}

/** The archives of the command line in a file that sha256sum wrote: `registry-mirror_linux_amd64.tar.gz` and so on. */
function archives(sums: string): readonly Archive[] {
  return [...sums.matchAll(/^([0-9a-f]{64}) [ *](registry-mirror_([a-z]+)_([a-z0-9]+)\.tar\.gz)$/gm)].map(
    ([, sha256 = '', file = '', os = '', arch = '']) => ({ os, arch, file, sha256 }),
  );
}

function manifest(repository: string, version: string, sums: string): object {
  const home = `https://github.com/${repository}`;
  const found = archives(sums);
  if (found.length === 0) throw new Error('There is no archive of the command line in the list of checksums.');
  return {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: NAME },
    spec: {
      version: `v${version}`,
      homepage: home,
      shortDescription: 'Explain and plan pull-through caches in Harbor',
      description: DESCRIPTION,
      platforms: found.map(({ os, arch, file, sha256 }) => ({
        selector: { matchLabels: { os, arch } },
        uri: `${home}/releases/download/v${version}/${file}`,
        sha256,
        bin: NAME,
      })),
    },
  };
}

const [repository, version] = process.argv.slice(2);
if (repository === undefined || version === undefined)
  throw new Error('Give the repository and the version, and the checksums on standard input.');
process.stdout.write(stringify(manifest(repository, version, readFileSync(0, 'utf8'))));
