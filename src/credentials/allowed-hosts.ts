/**
 * Whether a Secret's annotation registrymirror.io/allowed-hosts lets it be sent to this url. An entry binds host, port and https: `host` is
 * https at port 443, `host:port` is https there. Plain http must be written out, as `http://host:port`.
 */
export function allowsUrl(annotation: string, url: string): boolean {
  const wanted = URL.parse(url);
  if (wanted === null) return false;
  return annotation.split(',').some((entry) => {
    const text = entry.trim();
    const allowed = text === '' ? null : URL.parse(text.includes('://') ? text : `https://${text}`);
    return allowed !== null && allowed.protocol === wanted.protocol && allowed.host === wanted.host;
  });
}

/** The entry that lets a Secret be sent to this url. */
export function entryFor(url: string): string {
  const { protocol, host, origin } = new URL(url);
  return protocol === 'https:' ? host : origin;
}
