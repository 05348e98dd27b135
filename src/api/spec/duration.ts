const FORM = /^(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?$/;
const MS_PER_SECOND = 1000;
const MS_PER_MINUTE = 60 * MS_PER_SECOND;
const MS_PER_HOUR = 60 * MS_PER_MINUTE;

/** A text that is no duration of hours, minutes and seconds. */
export class DurationError extends Error {
  override readonly name = 'DurationError';
}

/**
 * A duration as `spec.interval` has it (`10m`, `1h30m`, `90s`), in milliseconds.
 *
 * @throws DurationError for anything else.
 */
export function parseDuration(duration: string): number {
  const match = duration === '' ? null : FORM.exec(duration);
  if (match === null)
    throw new DurationError(`"${duration}" is no duration: write hours, minutes and seconds, as in 1h30m.`);
  const [, hours = '0', minutes = '0', seconds = '0'] = match;
  return Number(hours) * MS_PER_HOUR + Number(minutes) * MS_PER_MINUTE + Number(seconds) * MS_PER_SECOND;
}
