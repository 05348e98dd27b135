/** The oldest Harbor that the operator works with: before it, a robot account may not read the quotas. */
export const OLDEST_HARBOR = '2.11.0';

/** `v2.15.2-080b0220`: Harbor's release and the commit that it was built from. */
const FORM = /^v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])/;

/**
 * Whether a Harbor is older than a release. What is unknown, or no release, is never older: a build of one's own may have
 * everything.
 *
 * @param version - as `/systeminfo` has it
 * @param release - e.g. `2.14.1`
 */
export function isOlder(version: string | undefined, release: string): boolean {
  const [own, other] = [numbersOf(version ?? ''), numbersOf(release)];
  if (own === undefined || other === undefined) return false;
  const at = own.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (own[at] ?? 0) < (other[at] ?? 0);
}

/** Why the operator doesn't work with this Harbor; undefined where it does, and where the version isn't known. */
export function tooOld(version: string | undefined): string | undefined {
  if (version === undefined || !isOlder(version, OLDEST_HARBOR)) return undefined;
  return `This Harbor is version ${releaseOf(version)}, and the oldest that the operator works with is ${OLDEST_HARBOR}. Upgrade Harbor.`;
}

/** The release in a person's words: `2.15.2`. */
export function releaseOf(version: string): string {
  return numbersOf(version)?.join('.') ?? version;
}

function numbersOf(version: string): readonly number[] | undefined {
  const match = FORM.exec(version);
  return match === null ? undefined : [match[1], match[2], match[3]].map((part) => Number(part ?? 0));
}
