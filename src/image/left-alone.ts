import { MAX_PATH_BYTES } from './reference.js';
import type { MirrorRule } from './rules.js';

/** Why an image stays as it is, although a mirror covers its name. */
export type LeftAlone = 'Placeholder' | 'ImageId' | 'PrefixedAlready' | 'TooLong';

/** What Istio writes for the image that its injector is to put in. Docker Hub has no such image. */
const PLACEHOLDER = 'auto';

/** Runtimes look for an image of this id on the node, and pull nothing. */
const IMAGE_ID = /^sha256:[a-f0-9]{64}$/;

/** Which policy a mirror is in. A policy knows the pull prefixes of its own mirrors only, since it would have to change with every other mirror. */
export type PolicyOf = (mirror: string) => string;

/** The reasons for these mirrors: of an image's name and path, and the mirror that it would be pulled through. */
export function leaver(
  rules: readonly MirrorRule[],
  policyOf: PolicyOf,
): (image: string, path: string, mirror: Pick<MirrorRule, 'mirror' | 'pullPrefix'>) => LeftAlone | undefined {
  const byPolicy = Map.groupBy(rules, ({ mirror }) => policyOf(mirror));
  const known = new Map([...byPolicy].map(([name, own]) => [name, new Set(own.map(({ pullPrefix }) => pullPrefix))]));
  return (image, path, { mirror, pullPrefix }) => {
    if (image === PLACEHOLDER) return 'Placeholder';
    if (IMAGE_ID.test(image)) return 'ImageId';
    if (known.get(policyOf(mirror))?.has(firstTwoSegments(path)) === true) return 'PrefixedAlready';
    return newPathLength(pullPrefix, path) > MAX_PATH_BYTES ? 'TooLong' : undefined;
  };
}

/** The end of "it stays as it is: …", for `check` and `explain`. */
export function whyLeftAlone(why: LeftAlone): string {
  switch (why) {
    case 'Placeholder':
      return "a bare auto is Istio's placeholder, which its injector replaces";
    case 'ImageId':
      return "it is an image's id, which runtimes look for on the node and never pull";
    case 'PrefixedAlready':
      return 'its path begins with the pull prefix of a mirror already: another policy put its own host in front';
    case 'TooLong':
      return `its path would be over ${MAX_PATH_BYTES} characters with the project in front, which no registry takes`;
  }
}

/** Empty where nothing follows them: a pull prefix alone is no image's path. */
function firstTwoSegments(path: string): string {
  const [host, project, ...rest] = path.split('/');
  return rest.length === 0 ? '' : `${host ?? ''}/${project ?? ''}`;
}

/** A path is ASCII, so its characters are its bytes. */
function newPathLength(pullPrefix: string, path: string): number {
  return pullPrefix.length - pullPrefix.indexOf('/') + path.length;
}
