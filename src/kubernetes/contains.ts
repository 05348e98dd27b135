/**
 * Whether `live` has everything that `wanted` says: members that only `live` has (defaults that the API server or Kyverno filled in)
 * don't count; lists must be equal in length and order.
 */
export function contains(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    return Array.isArray(live) && live.length === wanted.length && wanted.every((item, i) => contains(live[i], item));
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null) return false;
    const members = live as Readonly<Record<string, unknown>>;
    return Object.entries(wanted).every(([key, value]) => contains(members[key], value));
  }
  return live === wanted;
}
