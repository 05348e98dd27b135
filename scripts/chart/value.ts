/** A JSON schema of a value. */
export type ValueSchema = Readonly<Record<string, unknown>>;

/** One value of the chart: what values.yaml, values.schema.json and the table in the chart's README say of it. */
export interface ChartValue {
  /** One sentence or two, without line breaks. */
  readonly description: string;
  /** Absent: it has none, and values.yaml shows it as a comment. */
  readonly default?: unknown;
  readonly schema: ValueSchema;
  /** Whether an installation must give it. */
  readonly required?: boolean;
}

/** Values by their path, `image.tag`. */
export type ChartValues = Readonly<Record<string, ChartValue>>;

type Kind = Omit<ChartValue, 'description'>;

/** What Kubernetes takes as a name; empty: the default. */
const NAME = '^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$';

export const text = (fallback = '', pattern?: string): Kind => ({
  default: fallback,
  schema: { type: 'string', maxLength: 65_536, ...(pattern === undefined ? {} : { pattern }) },
});
export const name = (fallback = ''): Kind => ({
  default: fallback,
  schema: { type: 'string', maxLength: 253, pattern: NAME },
});
export const oneOf = (fallback: string, ...others: readonly string[]): Kind => ({
  default: fallback,
  schema: { type: 'string', enum: [fallback, ...others] },
});
export const flag = (fallback: boolean): Kind => ({ default: fallback, schema: { type: 'boolean' } });
export const count = (fallback: number): Kind => ({
  default: fallback,
  schema: { type: 'integer', minimum: 0, maximum: 100 },
});
/** Part of a Kubernetes object as it is: the API server checks it. */
export const object = (fallback: object = {}): Kind => ({ default: fallback, schema: { type: 'object' } });
export const objects = (fallback: readonly object[] = []): Kind => ({
  default: fallback,
  schema: { type: 'array', items: { type: 'object' } },
});
/** Labels or annotations. */
export const strings = (): Kind => ({
  default: {},
  schema: { type: 'object', additionalProperties: { type: 'string' } },
});
export const texts = (): Kind => ({ default: [], schema: { type: 'array', items: { type: 'string' } } });
