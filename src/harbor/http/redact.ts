const LONGEST = 500;
/** Shorter "secrets" would blank out half of every message, and are none. */
const SHORTEST_SECRET = 3;

/**
 * Makes text from outside fit for a status, an Event or a log line: one line, at most 500 characters, without any of
 * these secrets, as they are or in base64.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET) continue;
    clean = clean.replaceAll(secret, '***').replaceAll(Buffer.from(secret).toString('base64'), '***');
  }
  clean = clean.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}
