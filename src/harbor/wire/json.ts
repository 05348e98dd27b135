import { z } from 'zod';

/*
 * The pieces that Harbor's JSON is made of. Lenient where Harbor is: what isn't known is dropped, and what Harbor leaves out when it is false or
 * empty has that value. Strict where something else would be taken for it: an id is a whole number above 0, and no text.
 */

/** Names, types and addresses; Harbor itself takes no more than a few hundred characters. */
const LONGEST = 4096;

export const id = z.int().positive();

export const shortText = z.string().max(LONGEST);

export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

export const optionalShortText = shortText.nullish().transform((value) => value ?? '');

export const count = z
  .int()
  .nonnegative()
  .nullish()
  .transform((value) => value ?? 0);

/** Seconds since 1970, as far as a Date reaches; -1: never. */
export const expiry = z
  .int()
  .min(-1)
  .max(8_640_000_000_000)
  .nullish()
  .transform((value) => value ?? 0);

/** At most so many, counted before any is looked at: zod keeps a report of each that is wrong, and a million of those fill the memory. */
export function few<T>(item: z.ZodType<T>, most: number): z.ZodType<T[]> {
  return z.array(z.unknown()).max(most).pipe(z.array(item));
}

/** As few, by name. */
export function fewByName<T>(item: z.ZodType<T>, most: number): z.ZodType<Record<string, T>> {
  return z
    .record(z.string(), z.unknown())
    .refine((values) => Object.keys(values).length <= most)
    .pipe(z.record(z.string(), item));
}

/** A property that is absent where Harbor has nothing: `{...optional('accessKey', value)}`. */
export function optional<K extends string, V>(key: K, value: V | null | undefined): Readonly<Partial<Record<K, V>>> {
  return (value === null || value === undefined ? {} : { [key]: value }) as Partial<Record<K, V>>;
}

/** Harbor leaves empty texts out in one version and not in the next. */
export function nonEmpty(value: string | null | undefined): string | undefined {
  return value === '' ? undefined : (value ?? undefined);
}
