import type { RegistryMirrorSpec } from '../../api/registry-mirror.js';
import { upstreamTypes } from '../../api/upstream-types.js';

/** What is wrong with an upstream's url, where a policy can't be made of it; undefined: nothing. The API server refuses it by a CEL rule of the CRD, which nothing evaluates here. */
export function urlFault({ type, url }: RegistryMirrorSpec['upstream']): string | undefined {
  const field = 'spec.upstream.url';
  if (url === undefined)
    return upstreamTypes[type].defaultUrl === undefined
      ? `${field} is missing: type ${type} has none of its own.`
      : undefined;
  return isHostOnly(url)
    ? undefined
    : `${field} has to be http:// or https:// with a host and perhaps a port, and nothing behind: ${url}`;
}

function isHostOnly(url: string): boolean {
  return /^https?:\/\/[^/?#@\s]+$/.test(url) && URL.canParse(url);
}
