import { matchesGlob } from './glob.js';
import { parseReference, type ImageReference } from './reference.js';
import { choicesByHost, type Choice, type MirrorRule } from './rules.js';
import { leaver } from './left-alone.js';
import type { LeftAlone, PolicyOf } from './left-alone.js';

/** What becomes of an image name, and why. */
export type RewriteResult =
  | {
      readonly outcome: 'rewritten';
      readonly image: string;
      readonly mirror: string;
      readonly reference: ImageReference;
    }
  | {
      /** It belongs to a mirror, and is left alone for what it is. */
      readonly outcome: 'leftAlone';
      readonly image: string;
      readonly mirror: string;
      readonly why: LeftAlone;
    }
  | { readonly outcome: 'invalid'; readonly image: string }
  | { readonly outcome: 'otherHost'; readonly image: string; readonly reference: ImageReference }
  | {
      readonly outcome: 'otherRepository';
      readonly image: string;
      readonly reference: ImageReference;
      /** The mirrors of this host, none of which covers the path. */
      readonly mirrors: readonly string[];
    };

/** A rewrite with its precedence worked out once, for many images. */
export type Rewriter = (image: string) => RewriteResult;

/**
 * Decides what all policies in force together make of an image name: pull prefix + `/` + path, with tag and digest exactly as
 * they stood. A name that is no valid reference, that belongs to no mirror, or that is left alone for what it is, comes back unchanged.
 *
 * @param policyOf - which mirrors share a policy; default: all
 */
export function rewriter(rules: readonly MirrorRule[], policyOf: PolicyOf = () => ''): Rewriter {
  const byHost = choicesByHost(rules);
  const leftAlone = leaver(rules, policyOf);
  return (image) => {
    const reference = parseReference(image);
    if (reference === undefined) return { outcome: 'invalid', image };
    const choices = byHost.get(reference.domain);
    if (choices === undefined) return { outcome: 'otherHost', image, reference };
    const choice = choices.find((candidate) => covers(candidate, reference.path));
    if (choice === undefined) {
      const mirrors = [...new Set(choices.map(({ mirror }) => mirror))];
      return { outcome: 'otherRepository', image, reference, mirrors };
    }
    const why = leftAlone(image, reference.path, choice);
    if (why !== undefined) return { outcome: 'leftAlone', image, mirror: choice.mirror, why };
    const rewritten = `${choice.pullPrefix}/${reference.path}${reference.suffix}`;
    return { outcome: 'rewritten', image: rewritten, mirror: choice.mirror, reference };
  };
}

/** The image name after the rewrite: {@link rewriter} for a single name. */
export function rewrite(image: string, rules: readonly MirrorRule[]): string {
  return rewriter(rules)(image).image;
}

function covers({ include, exclude }: Choice, path: string): boolean {
  return (include === undefined || matchesGlob(include, path)) && !exclude.some((glob) => matchesGlob(glob, path));
}
