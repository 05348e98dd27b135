/** What the local cluster can be built of, as minor versions, the newest first. `npm run test:versions` has them all. */
export const VERSIONS = {
  kubernetes: ['1.36', '1.34', '1.32'],
  kyverno: ['1.19', '1.17', '1.15'],
} as const satisfies Readonly<Record<string, readonly [string, ...string[]]>>;

export type Versioned = keyof typeof VERSIONS;

const VARIABLES: Readonly<Record<Versioned, string>> = {
  kubernetes: 'KUBERNETES_VERSION',
  kyverno: 'KYVERNO_VERSION',
};

/**
 * The minor version that KUBERNETES_VERSION or KYVERNO_VERSION names, else the newest.
 *
 * @throws Error where the variable names none that there is
 */
export function wantedVersion(of: Versioned): string {
  const offered: readonly string[] = VERSIONS[of];
  const wanted = process.env[VARIABLES[of]];
  if (wanted === undefined || wanted === '') return VERSIONS[of][0];
  if (!offered.includes(wanted)) {
    throw new Error(`${VARIABLES[of]} is ${wanted}. The local cluster has ${offered.join(', ')}.`);
  }
  return wanted;
}

/** Says which version is wanted, for this process and those that it starts. */
export function wantVersion(of: Versioned, version: string | undefined): void {
  if (version !== undefined) process.env[VARIABLES[of]] = version;
}

/** Whether the newest is wanted. */
export function isNewest(of: Versioned): boolean {
  return wantedVersion(of) === VERSIONS[of][0];
}
