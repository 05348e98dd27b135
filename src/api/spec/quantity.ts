/** What stands in for "no limit", in a mirror's spec and in Harbor's API. */
const UNLIMITED = 'unlimited';
const HARBOR_UNLIMITED = -1;

/** Harbor's `proxy_speed_kb` is in kilobits: it lets through 1024 / 8 bytes a second for each. */
const BYTES_PER_PROXY_SPEED_UNIT = 128;

/** The least that the CRD takes as a bandwidth. */
const LEAST_BANDWIDTH = 1024;

const BINARY_EXPONENTS: ReadonlyMap<string, bigint> = new Map([
  ['Ki', 10n],
  ['Mi', 20n],
  ['Gi', 30n],
  ['Ti', 40n],
  ['Pi', 50n],
  ['Ei', 60n],
]);
const DECIMAL_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const FORM = /^\+?(\d*)(?:\.(\d*))?(?:([eE][+-]?\d{1,3})|([KMGTPE]i|[numkMGTPE])?)$/;
const MAX_LENGTH = 64;

/** A text that is no quantity as Kubernetes has them, is below zero, or is too large to count exactly. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

/** `mantissa` times ten to the power of `scale`. */
interface Decimal {
  readonly mantissa: bigint;
  readonly scale: number;
}

/**
 * A Kubernetes quantity (`500Gi`, `1.5M`, `2e9`, `1024`) as a whole number of its unit, rounded up as Kubernetes does.
 *
 * @throws QuantityError for anything else, for less than zero and for more than 2^53 - 1.
 */
export function parseQuantity(quantity: number | string): number {
  if (typeof quantity === 'number') return counted(quantity, String(quantity));
  const { mantissa, scale } = decimal(quantity);
  return counted(
    Number(scale >= 0 ? mantissa * 10n ** BigInt(scale) : dividedUp(mantissa, 10n ** BigInt(-scale))),
    quantity,
  );
}

/**
 * Below zero where `one` is less than `other`, above where it is more, 0 where they are the same, to the last fraction.
 *
 * @throws QuantityError where one of them is no quantity, or is less than zero.
 */
export function compareQuantities(one: string, other: string): -1 | 0 | 1 {
  const [a, b] = [decimal(one), decimal(other)];
  const scale = Math.min(a.scale, b.scale);
  const left = scaledTo(a, scale);
  const right = scaledTo(b, scale);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function scaledTo({ mantissa, scale }: Decimal, target: number): bigint {
  return mantissa * 10n ** BigInt(scale - target);
}

function decimal(quantity: string): Decimal {
  const match = quantity.length <= MAX_LENGTH ? FORM.exec(quantity) : null;
  const [, whole = '', fraction = '', exponent, suffix = ''] = match ?? [];
  if (match === null || whole + fraction === '') {
    throw new QuantityError(
      `"${quantity.slice(0, MAX_LENGTH)}" is no quantity: write a number with a unit, as in 500Gi.`,
    );
  }
  const binary = BINARY_EXPONENTS.get(suffix);
  const power = exponent === undefined ? (DECIMAL_EXPONENTS.get(suffix) ?? 0) : Number(exponent.slice(1));
  return {
    mantissa: BigInt(whole + fraction) * 2n ** (binary ?? 0n),
    scale: (binary === undefined ? power : 0) - fraction.length,
  };
}

/** Harbor's storage limit in bytes: -1 for `unlimited`. Takes `spec.project.storageQuota`. */
export function storageBytes(quota: number | string): number {
  return quota === UNLIMITED ? HARBOR_UNLIMITED : parseQuantity(quota);
}

/**
 * Harbor's `proxy_speed_kb` for a limit in bytes per second: -1 for `unlimited`, else kilobits per second, rounded down but never to
 * nothing. Takes `spec.project.bandwidthLimit`.
 */
export function proxySpeedKb(limit: number | string): number {
  if (limit === UNLIMITED) return HARBOR_UNLIMITED;
  return Math.max(1, Math.floor(parseQuantity(limit) / BYTES_PER_PROXY_SPEED_UNIT));
}

/** The same, back from Harbor's kilobits; undefined where `spec.project.bandwidthLimit` can't say it. */
export function bandwidthOf(speedKb: number): number | string | undefined {
  const bytes = speedKb * BYTES_PER_PROXY_SPEED_UNIT;
  return bytes >= LEAST_BANDWIDTH && bytes < 2 ** 31 ? formatQuantity(bytes) : undefined;
}

/** Whole bytes as a person writes them: with the largest binary unit up to Pi that leaves a whole number. */
export function formatQuantity(bytes: number): number | string {
  const units = [...BINARY_EXPONENTS].filter(([unit]) => unit !== 'Ei').toReversed();
  const [unit, exponent] = units.find(([, power]) => bytes % 2 ** Number(power) === 0) ?? [];
  return unit === undefined ? bytes : `${bytes / 2 ** Number(exponent)}${unit}`;
}

function dividedUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function counted(value: number, text: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new QuantityError(`${text} is no whole number from 0 to ${Number.MAX_SAFE_INTEGER}.`);
}
