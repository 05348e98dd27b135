import { z } from 'zod';
import { ENGINE_KINDS } from '../engines/engines.js';
import type { PolicyEngine } from '../engines/settings.js';
import { harborBaseUrl } from '../harbor/http/connection.js';

/*
 * What the settings are written as, and what becomes of it. Every message says what to write instead. `meta` has the form for a JSON schema,
 * where that can't be read off.
 */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `15s`, `10m`, `1h` -> milliseconds. */
export function duration(bounds: { readonly min: string; readonly max: string }): z.ZodType<number, string> {
  const [min, max] = [milliseconds(bounds.min), milliseconds(bounds.max)];
  const message = `must be a duration from ${bounds.min} to ${bounds.max}, e.g. 500ms, 15s, 10m or 1h`;
  return z
    .string()
    .transform((text, context) => {
      const ms = milliseconds(text);
      if (ms >= min && ms <= max) return ms;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ pattern: '^\\d+(ms|s|m|h)$' });
}

function milliseconds(text: string): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  return Number(amount) * (UNITS[unit] ?? NaN);
}

export function integer(min: number, max: number): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .meta({ type: 'integer', minimum: min, maximum: max, pattern: undefined });
}

export const flag: z.ZodType<boolean, string> = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')
  .meta({ type: 'boolean', enum: undefined });

export const text = z.string().min(1);

export const harborUrl: z.ZodType<string, string> = z
  .string('is required, e.g. https://harbor.example.org')
  .transform((given, context) => {
    try {
      return harborBaseUrl(given);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  })
  .meta({ pattern: '^https?://' });

/** The name of a namespace or Secret. */
export const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, 'must be a Kubernetes name: lower-case letters, digits, - and .');

/** `a,b,c-*`: names of namespaces, `*` for any characters. */
export const namespaceGlobs: z.ZodType<readonly string[], string> = z.string().transform((text, context) => {
  const globs = text
    .split(',')
    .map((glob) => glob.trim())
    .filter((glob) => glob !== '');
  if (globs.every((glob) => /^[a-z0-9*]([-a-z0-9*]{0,61}[a-z0-9*])?$/.test(glob))) return globs;
  context.addIssue({
    code: 'custom',
    message: 'must be names of namespaces, separated by commas, e.g. kube-*,kyverno',
  });
  return z.NEVER;
});

/** `MutatingPolicy,ClusterPolicy`: one engine at least. */
export const engineKinds: z.ZodType<readonly PolicyEngine[], string> = z.string().transform((text, context) => {
  const names = text.split(',').map((name) => name.trim());
  const engines = ENGINE_KINDS.filter((kind) => names.includes(kind));
  if (engines.length === new Set(names).size) return engines;
  context.addIssue({ code: 'custom', message: `must be engines of ${ENGINE_KINDS.join(',')}, separated by commas` });
  return z.NEVER;
});

export interface ListenAddress {
  /** Undefined: on all addresses. */
  readonly host: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

/** The files that a server's certificate and its key are read from. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** `:8081`, `127.0.0.1:8081`, `[::1]:8081`, or `off`. */
export const listenAddress: z.ZodType<ListenAddress | undefined, string> = z.string().transform((text, context) => {
  if (text === 'off') return undefined;
  const [, host, port] = /^(?:\[([0-9A-Fa-f:]+)\]|[^[\]:]*):(\d{1,5})$/.exec(text) ?? [];
  if (port !== undefined && Number(port) <= 65_535) {
    const name = host ?? text.slice(0, text.lastIndexOf(':'));
    return { host: name === '' ? undefined : name, port: Number(port) };
  }
  context.addIssue({
    code: 'custom',
    message: 'must be an address to listen on, e.g. :8081 or 127.0.0.1:8081, or off',
  });
  return z.NEVER;
});

/** `host[:port]`, as in an image name. */
export const registryHost = z
  .string()
  .regex(
    /^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?(:\d{1,5})?$/,
    'must be a host, with a port if need be, without https:// and path: e.g. harbor.example.org',
  );
