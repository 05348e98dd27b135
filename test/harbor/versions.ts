/** The Harbors that the stand-in can be, by the release that stands for each; 2.16 as its source says. */
const releases = { '2.11': '2.11.2', '2.13': '2.13.5', '2.15': '2.15.2', '2.16': '2.16.0' } as const;

export type HarborVersion = keyof typeof releases;

/** For tables of tests: `for (const version of harborVersions) … startHarbor({ version })`. */
export const harborVersions: readonly HarborVersion[] = ['2.11', '2.13', '2.15', '2.16'];

const isVersion = (text: string): text is HarborVersion => text in releases;

/** `2.15.2` for 2.15; a whole release stays. */
export function releaseOf(version: string): string {
  return isVersion(version) ? releases[version] : version;
}

/** The version that HARBOR_VERSION asks for, which the demo and the suite for a real Harbor start their stand-in with. */
export function versionFromEnvironment(): { readonly version?: string } {
  const { HARBOR_VERSION: version = '' } = process.env;
  if (version === '') return {};
  if (isVersion(version) || /^\d+\.\d+\.\d+$/.test(version)) return { version };
  throw new Error(`HARBOR_VERSION=${version}: write one of ${harborVersions.join(', ')}, or a release such as 2.14.1.`);
}

export type Release = readonly [major: number, minor: number, patch: number];

/** What came with a release; everything else was there before 2.11. */
export const since = {
  auto_sbom_generation: [2, 11, 0],
  proxy_speed_kb: [2, 12, 0],
  /** A robot account may be given rights to robot accounts, users and members, and to change quotas. */
  robotsOfRobots: [2, 12, 0],
  max_upstream_conn: [2, 14, 1],
  ca_certificate: [2, 15, 0],
  proxy_cache_local_on_not_found: [2, 15, 1],
  proxy_referrer_api: [2, 16, 0],
  proxy_cache_filter_pattern: [2, 16, 0],
  proxy_cache_filter_kind: [2, 16, 0],
} as const satisfies Readonly<Record<string, Release>>;

export type Feature = keyof typeof since;

export const isFeature = (text: string): text is Feature => text in since;

/** Whether a Harbor of this release has it. */
export function has(release: string, feature: Feature): boolean {
  const own = release.split('.').map(Number);
  for (const [index, wanted] of since[feature].entries()) {
    const difference = (own[index] ?? 0) - wanted;
    if (difference !== 0) return difference > 0;
  }
  return true;
}
