/** An image name as container runtimes understand it. */
export interface ImageReference {
  /** Registry host, with its port where one is named. `docker.io` for every form of Docker Hub; empty where the name has a first part that can't be a host. */
  readonly domain: string;
  /** Repository without its host; Docker Hub's bare names have `library/` in front. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: string;
  /** Tag and digest exactly as they stood, with their `:` and `@`; empty where there is neither. */
  readonly suffix: string;
}

/** Why a name is no reference: which rule it breaks, and the part of it that does. */
export interface BrokenRule {
  readonly broken: 'imageId' | 'tag' | 'digest' | 'length' | 'path';
  readonly part: string;
}

export const DOCKER_HUB = 'docker.io';
/** The same registry, by its old name. */
export const LEGACY_DOCKER_HUB = 'index.docker.io';
/** Of the path alone, without host, tag and digest. */
export const MAX_PATH_BYTES = 255;
const MAX_TAG_BYTES = 128;
/** Lower-case hex digits of the digests that runtimes can verify; any other algorithm is refused, as go-digest does. */
const DIGEST_LENGTHS: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
]);

/**
 * Parses an image name after the reference grammar of the distribution project (github.com/distribution/reference v0.6,
 * `ParseNormalizedNamed`). Each character is looked at a constant number of times.
 *
 * @returns undefined for what that parser refuses.
 */
export function parseReference(image: string): ImageReference | undefined {
  const read = readReference(image);
  return 'broken' in read ? undefined : read;
}

/** As {@link parseReference}, with the rule that a name breaks. */
export function readReference(image: string): ImageReference | BrokenRule {
  if (isImageId(image)) return { broken: 'imageId', part: image };
  const { domain, remainder } = splitDomain(image);
  const pathEnd = firstOf(remainder, ':', '@');
  const suffix = remainder.slice(pathEnd);
  const versions = parseSuffix(suffix);
  if ('broken' in versions) return versions;

  const remote = remainder.slice(0, pathEnd);
  const name = isDomain(domain) ? { domain, path: remote } : { domain: '', path: `${domain}/${remote}` };
  if (name.path.length > MAX_PATH_BYTES) return { broken: 'length', part: name.path };
  const component = name.path.split('/').find((part) => !isPathComponent(part));
  return component === undefined ? { ...name, ...versions, suffix } : { broken: 'path', part: component };
}

/** 64 hexadecimal digits are an image's id, not its name: the reference parser refuses them. */
function isImageId(image: string): boolean {
  return image.length === 64 && consistsOf(image, isLowerHex);
}

/** The first part is a host only if it looks like one; all else is Docker Hub's. */
function splitDomain(image: string): { readonly domain: string; readonly remainder: string } {
  const slash = image.indexOf('/');
  if (slash < 0) return { domain: DOCKER_HUB, remainder: `library/${image}` };
  const first = image.slice(0, slash);
  const rest = image.slice(slash + 1);
  if (first !== DOCKER_HUB && first !== LEGACY_DOCKER_HUB) {
    return looksLikeDomain(first) ? { domain: first, remainder: rest } : { domain: DOCKER_HUB, remainder: image };
  }
  return { domain: DOCKER_HUB, remainder: rest.includes('/') ? rest : `library/${rest}` };
}

function looksLikeDomain(first: string): boolean {
  return first === 'localhost' || first.includes('.') || first.includes(':') || first.toLowerCase() !== first;
}

/** `:tag`, `@digest`, both in this order, or nothing. */
function parseSuffix(suffix: string): { readonly tag?: string; readonly digest?: string } | BrokenRule {
  const at = firstOf(suffix, '@');
  const digest = at < suffix.length ? suffix.slice(at + 1) : undefined;
  const tag = at > 0 ? suffix.slice(1, at) : undefined;
  if (tag !== undefined && !isTag(tag)) return { broken: 'tag', part: tag };
  if (digest !== undefined && !isDigest(digest)) return { broken: 'digest', part: digest };
  return { ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function isDomain(domain: string): boolean {
  const { host, port } = splitPort(domain);
  if (port !== undefined && !(port.length > 0 && consistsOf(port, isDigit))) return false;
  if (host.startsWith('[')) {
    const address = host.slice(1, -1);
    return host.endsWith(']') && address.length > 0 && consistsOf(address, (c) => isHex(c) || c === COLON);
  }
  return host.split('.').every(isDomainComponent);
}

/** Colons within brackets belong to an IPv6 address. */
function splitPort(domain: string): { readonly host: string; readonly port?: string } {
  const colon = domain.indexOf(':', domain.startsWith('[') ? firstOf(domain, ']') : 0);
  return colon < 0 ? { host: domain } : { host: domain.slice(0, colon), port: domain.slice(colon + 1) };
}

function isDomainComponent(component: string): boolean {
  return (
    component.length > 0 &&
    isLetterOrDigit(component.charCodeAt(0)) &&
    isLetterOrDigit(component.charCodeAt(component.length - 1)) &&
    consistsOf(component, (c) => isLetterOrDigit(c) || c === DASH)
  );
}

/** Lower-case letters and digits, joined by one dot, one or two underscores, or any number of dashes. */
function isPathComponent(component: string): boolean {
  let separatorStart = 0;
  for (let i = 0; i < component.length; i++) {
    if (!isLowerOrDigit(component.charCodeAt(i))) continue;
    if (i > separatorStart && (separatorStart === 0 || !isSeparator(component.slice(separatorStart, i)))) return false;
    separatorStart = i + 1;
  }
  return component.length > 0 && separatorStart === component.length;
}

function isSeparator(text: string): boolean {
  return text === '.' || text === '_' || text === '__' || consistsOf(text, (c) => c === DASH);
}

function isTag(tag: string): boolean {
  const first = tag.charCodeAt(0);
  return (
    tag.length > 0 &&
    tag.length <= MAX_TAG_BYTES &&
    isWord(first) &&
    consistsOf(tag, (c) => isWord(c) || c === DOT || c === DASH)
  );
}

function isDigest(digest: string): boolean {
  const colon = firstOf(digest, ':');
  const encoded = digest.slice(colon + 1);
  return DIGEST_LENGTHS.get(digest.slice(0, colon)) === encoded.length && consistsOf(encoded, isLowerHex);
}

/** Index of the first of these characters, or the text's length. */
function firstOf(text: string, ...characters: readonly string[]): number {
  return Math.min(...characters.map((c) => text.indexOf(c)).map((i) => (i < 0 ? text.length : i)));
}

function consistsOf(text: string, predicate: (code: number) => boolean): boolean {
  for (let i = 0; i < text.length; i++) {
    if (!predicate(text.charCodeAt(i))) return false;
  }
  return true;
}

const COLON = 0x3a;
const DASH = 0x2d;
const DOT = 0x2e;
const UNDERSCORE = 0x5f;

function isDigit(c: number): boolean {
  return c >= 0x30 && c <= 0x39;
}
function isLower(c: number): boolean {
  return c >= 0x61 && c <= 0x7a;
}
function isUpper(c: number): boolean {
  return c >= 0x41 && c <= 0x5a;
}
function isLowerOrDigit(c: number): boolean {
  return isLower(c) || isDigit(c);
}
function isLetterOrDigit(c: number): boolean {
  return isLowerOrDigit(c) || isUpper(c);
}
function isWord(c: number): boolean {
  return isLetterOrDigit(c) || c === UNDERSCORE;
}
function isLowerHex(c: number): boolean {
  return isDigit(c) || (c >= 0x61 && c <= 0x66);
}
function isHex(c: number): boolean {
  return isLowerHex(c) || (c >= 0x41 && c <= 0x46);
}
