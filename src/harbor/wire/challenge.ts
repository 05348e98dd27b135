/** What it takes at most: a real one has some 150 characters. */
const LONGEST = 4096;

/** Where a registry sends those who come without a token, by its Www-Authenticate; undefined where it sends nobody anywhere. */
export function realmOf(challenge: string): URL | undefined {
  if (challenge.length > LONGEST || !/^bearer\s/i.test(challenge)) return undefined;
  const realm = /[\s,]realm="([^"]*)"/i.exec(challenge)?.[1];
  const url = realm === undefined ? null : URL.parse(realm);
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * Whether a realm is a Harbor's own: at its url, or at the host that nodes pull from.
 *
 * @param pullHost - host[:port]
 */
export function isOwnRealm(realm: URL, harborUrl: string, pullHost: string): boolean {
  if (realm.origin === new URL(harborUrl).origin) return true;
  // Parsed with the realm's scheme, so that the port that goes without saying is left out on both sides.
  return realm.host === URL.parse(`${realm.protocol}//${pullHost}`)?.host;
}
