import { join } from 'node:path';
import { isNewest, wantedVersion } from './versions.js';

export type ModuleName = 'kubernetes' | 'etcd' | 'kyverno' | 'registry' | 'helm' | 'flux';

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kubectl'
  | 'kyverno'
  | 'kubectl-kyverno'
  | 'registry'
  | 'helm'
  | 'kustomize-controller'
  | 'source-controller'
  | 'helm-controller';

/** A Go program of the local cluster: where it comes from and how it is linked. */
export interface Program {
  readonly name: ProgramName;
  /** Folder under modules/ whose go.mod pins it. */
  readonly module: ModuleName;
  readonly package: string;
  /** The Go module whose version is the program's version. */
  readonly source: string;
  /** Minutes that a first build takes on two cores, for the progress line. */
  readonly minutes: number;
}

export const programs: readonly Program[] = [
  {
    name: 'etcd',
    module: 'etcd',
    package: 'go.etcd.io/etcd/server/v3',
    source: 'go.etcd.io/etcd/server/v3',
    minutes: 1,
  },
  {
    name: 'kube-apiserver',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    source: 'k8s.io/kubernetes',
    minutes: 6,
  },
  {
    name: 'kube-controller-manager',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    source: 'k8s.io/kubernetes',
    minutes: 1,
  },
  {
    name: 'kubectl',
    module: 'kubernetes',
    package: 'k8s.io/kubernetes/cmd/kubectl',
    source: 'k8s.io/kubernetes',
    minutes: 1,
  },
  {
    name: 'kyverno',
    module: 'kyverno',
    package: 'github.com/kyverno/kyverno/cmd/kyverno',
    source: 'github.com/kyverno/kyverno',
    minutes: 8,
  },
  {
    name: 'kubectl-kyverno',
    module: 'kyverno',
    package: 'github.com/kyverno/kyverno/cmd/cli/kubectl-kyverno',
    source: 'github.com/kyverno/kyverno',
    minutes: 1,
  },
  {
    name: 'registry',
    module: 'registry',
    package: 'github.com/distribution/distribution/v3/cmd/registry',
    source: 'github.com/distribution/distribution/v3',
    minutes: 1,
  },
  {
    name: 'helm',
    module: 'helm',
    package: 'helm.sh/helm/v4/cmd/helm',
    source: 'helm.sh/helm/v4',
    minutes: 1,
  },
  {
    name: 'kustomize-controller',
    module: 'flux',
    package: 'github.com/fluxcd/kustomize-controller',
    source: 'github.com/fluxcd/kustomize-controller',
    minutes: 2,
  },
  {
    name: 'helm-controller',
    module: 'flux',
    package: 'github.com/fluxcd/helm-controller',
    source: 'github.com/fluxcd/helm-controller',
    minutes: 1,
  },
  {
    name: 'source-controller',
    module: 'flux',
    package: 'github.com/fluxcd/source-controller',
    source: 'github.com/fluxcd/source-controller',
    minutes: 2,
  },
];

/** The folder of a module's pins, in the version that is wanted. Throws where there is no such version. */
export function moduleFolder(module: ModuleName): string {
  const isOther = (module === 'kubernetes' || module === 'kyverno') && !isNewest(module);
  return join(import.meta.dirname, 'modules', isOther ? `${module}-${wantedVersion(module)}` : module);
}

/** The version that go.mod pins for a Go module; throws when it pins none. */
export function pinnedVersion(goMod: string, source: string): string {
  const line = goMod.split('\n').find((candidate) =>
    candidate
      .trim()
      .replace(/^require /, '')
      .startsWith(`${source} `),
  );
  const version = line
    ?.trim()
    .replace(/^require /, '')
    .split(' ')[1];
  if (version === undefined) throw new Error(`go.mod does not require ${source}.`);
  return version;
}

/**
 * What the linker is told. Without a version of its own the API server reports one that neither kubectl nor Kyverno can
 * parse; Kyverno would report "(devel)".
 */
export function linkerFlags(module: ModuleName, version: string): string {
  const strip = '-s -w';
  switch (module) {
    case 'kubernetes': {
      const [, major = '', minor = ''] = /^v(\d+)\.(\d+)\./.exec(version) ?? [];
      const variable = 'k8s.io/component-base/version';
      return `${strip} -X ${variable}.gitVersion=${version} -X ${variable}.gitMajor=${major} -X ${variable}.gitMinor=${minor}`;
    }
    case 'kyverno':
      return `${strip} -X github.com/kyverno/kyverno/pkg/version.BuildVersion=${version}`;
    case 'helm':
      return `${strip} -X helm.sh/helm/v4/internal/version.version=${version}`;
    case 'etcd':
    case 'registry':
    case 'flux':
      return strip;
  }
}
