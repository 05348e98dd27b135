import { findCondition } from '../../api/conditions.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { projectName } from '../../api/spec/upstream-types.js';
import { whyLeftAlone } from '../../image/left-alone.js';
import { whyInvalid } from '../../image/why-invalid.js';
import type { LeftAlone } from '../../image/left-alone.js';
import { rewriter } from '../../image/rewrite.js';
import type { RewriteResult, Rewriter } from '../../image/rewrite.js';
import type { MirrorRule } from '../../image/rules.js';
import { policyEntry } from '../../engines/entry.js';
import { originalImages } from '../../engines/metadata/original-images.js';
import { notServedReason } from './in-force.js';
import type { ServedEntry } from './in-force.js';
import { podImages } from './pod.js';
import type { PodImage } from './pod.js';
import { addedLater } from './added-later.js';
import { toldByPod } from './note.js';
import { podReason } from './pod-rules.js';
import type { PodContext, Reason } from './pod-rules.js';
import type { ExplainedImage, PassedOver, Verdict } from './verdict.js';

interface Situation {
  readonly mirrors: readonly RegistryMirror[];
  readonly served: ReadonlyMap<string, ServedEntry>;
  /** Whether the Pod is in the cluster, or only in a file. */
  readonly exists: boolean;
}

/** What became of each image of a Pod, and why. Pure. */
export function explainPod(context: PodContext, situation: Situation): readonly ExplainedImage[] {
  const notes = originalImages(context.pod.metadata);
  const served = [...situation.served.values()].map(({ entry }) => entry);
  const names = new Set(served.map(({ mirror }) => mirror));
  const others = situation.mirrors.filter(({ metadata }) => !names.has(metadata.name));
  const rules: Rules = {
    served: rewriter(served, (mirror) => situation.served.get(mirror)?.policy ?? ''),
    others: rewriter(others.map((mirror) => policyEntry(mirror, prefixOf(mirror)))),
    all: [...served, ...others.map((mirror) => policyEntry(mirror, prefixOf(mirror)))],
  };
  return podImages(context.pod).map((image) => {
    const verdict = toldByPod(image, notes, rules.all, situation.exists) ?? decide(image, context, situation, rules);
    return { ...image, ...verdict, ...passedOver(image, verdict, others, rules.all) };
  });
}

function passedOver(
  { image }: PodImage,
  verdict: Verdict,
  others: readonly RegistryMirror[],
  rules: readonly MirrorRule[],
): PassedOver {
  if (verdict.outcome !== 'Rewritten' && verdict.outcome !== 'WouldBeRewritten') return {};
  const closest = rewriter(rules)(verdict.outcome === 'Rewritten' ? verdict.original : image);
  if (closest.outcome !== 'rewritten' || closest.mirror === verdict.mirror) return {};
  const mirror = others.find(({ metadata }) => metadata.name === closest.mirror);
  return mirror === undefined ? {} : { passedOver: notServedReason(mirror) };
}

interface Rules {
  readonly served: Rewriter;
  /** Of the mirrors that are in no policy. */
  readonly others: Rewriter;
  readonly all: readonly MirrorRule[];
}

function prefixOf(mirror: RegistryMirror): string {
  return mirror.status.pullPrefix ?? `${mirror.spec.harbor?.pullHost ?? 'harbor.invalid'}/${projectName(mirror)}`;
}

function decide(image: PodImage, context: PodContext, situation: Situation, rules: Rules): Verdict {
  const result = rules.served(image.image);
  if (result.outcome === 'rewritten') return servedImage(image, result, context, situation, rules.served);
  if (result.outcome === 'leftAlone')
    return { outcome: 'Unchanged', mirror: result.mirror, reason: leftAlone(result.why) };
  const other = rules.others(image.image);
  if (other.outcome === 'rewritten') {
    const mirror = situation.mirrors.find(({ metadata }) => metadata.name === other.mirror);
    const reason = mirror === undefined ? unexplained(other.mirror) : notServedReason(mirror);
    return { outcome: 'Unchanged', mirror: other.mirror, reason };
  }
  if (other.outcome === 'leftAlone')
    return { outcome: 'Unchanged', mirror: other.mirror, reason: leftAlone(other.why) };
  return { outcome: 'Unchanged', reason: noMirror(result.outcome === 'otherRepository' ? result : other) };
}

function leftAlone(why: LeftAlone): Reason {
  return { code: why, text: whyLeftAlone(why) };
}

function servedImage(
  { pullPolicy }: PodImage,
  { mirror, image }: Extract<RewriteResult, { outcome: 'rewritten' }>,
  context: PodContext,
  { served, mirrors, exists }: Situation,
  rewrite: Rewriter,
): Verdict {
  const unchanged = (reason: Reason): Verdict => ({ outcome: 'Unchanged', mirror, reason });
  const place = served.get(mirror);
  if (place === undefined) return unchanged(unexplained(mirror));
  const reason = podReason(context, place.settings, place.excludedNamespaces);
  if (reason !== undefined) return unchanged(reason);
  if (pullPolicy === 'Never') {
    return unchanged({ code: 'NeverPulled', text: 'its pull policy is Never: it must be on the node under this name' });
  }
  if (!place.isActing) {
    return unchanged({ code: 'NotInForce', text: `${place.policy} is written, and not in force yet` });
  }
  if (!exists) return { outcome: 'WouldBeRewritten', rewritten: image, mirror };
  const object = mirrors.find(({ metadata }) => metadata.name === mirror);
  return unchanged(
    createdBefore(context, object) ?? addedLater(context.pod, place.settings, rewrite) ?? unexplained(mirror),
  );
}

function createdBefore({ pod }: PodContext, mirror: RegistryMirror | undefined): Reason | undefined {
  const created = pod.metadata.creationTimestamp;
  const ready = findCondition(mirror?.status.conditions, 'PolicyReady');
  const since = ready?.status === 'True' ? ready.lastTransitionTime : undefined;
  if (created === undefined || since === undefined || Date.parse(created) >= Date.parse(since)) return undefined;
  return {
    code: 'CreatedBefore',
    text: `the Pod was created at ${created}, before the policy was in force (${since}); a new Pod would be rewritten`,
  };
}

function unexplained(mirror: string): Reason {
  return {
    code: 'Unexplained',
    text:
      `a new Pod would be rewritten by mirror ${mirror}; when this one was created the mirror or the Pod was different, ` +
      'or Kyverno was away (rewrite.failurePolicy Ignore)',
  };
}

function noMirror(result: Exclude<RewriteResult, { outcome: 'rewritten' | 'leftAlone' }>): Reason {
  switch (result.outcome) {
    case 'invalid':
      return { code: 'InvalidName', text: whyInvalid(result.image) };
    case 'otherHost':
      return { code: 'OtherHost', text: `no mirror serves ${result.reference.domain || 'its host'}` };
    case 'otherRepository': {
      const text = `rewrite.repositories of ${result.mirrors.join(', ')} leaves out ${result.reference.path}`;
      return { code: 'OtherRepository', text };
    }
  }
}
