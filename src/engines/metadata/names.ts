import { ANNOTATIONS, LABELS, OPERATOR } from '../../api/group.js';
import { specDefaults } from '../../api/spec/defaults.generated.js';
import type { KubernetesObject } from '../../kubernetes/objects.js';
import { policySettings, settingsText } from '../settings.js';
import type { PolicySettings } from '../settings.js';
import { digest } from '../syntax/digest.js';

/** The name of the policy of mirrors with default settings. The names of all others begin with it. */
export const DEFAULT_POLICY = 'registry-mirrors';

const HASH = '-[0-9a-f]{10}';
/** Shorter than a hash, which may have digits alone. */
const NUMBER = '-[0-9]{1,6}';

const OUR_NAME = new RegExp(`^${DEFAULT_POLICY}(${HASH})?(${NUMBER})?$`);
const NAME_IN_WEBHOOK = new RegExp(`${DEFAULT_POLICY}(?:${HASH})?(?:${NUMBER})?$`);
const PART = new RegExp(`^(${NUMBER})?$`);

const DEFAULTS = policySettings({ rewrite: specDefaults.rewrite });

/** Name of the policy of mirrors with these settings, before a split. Whoever writes a PolicyException can rely on that of the default ones. */
export function policyName(settings: PolicySettings): string {
  const isDefault =
    DEFAULTS !== undefined && settingsText({ ...settings, engine: DEFAULTS.engine }) === settingsText(DEFAULTS);
  return isDefault ? DEFAULT_POLICY : `${DEFAULT_POLICY}-${digest(settings)}`;
}

/** Name of a further policy of mirrors that are too many for one. */
export function partName(base: string, number: number): string {
  return `${base}-${number}`;
}

/** Whether a policy of this name is one of those that share their settings with `base`. */
export function isPartOf(base: string, name: string): boolean {
  return name.startsWith(base) && PART.test(name.slice(base.length));
}

/** The name of the policy of ours that a webhook of this name is for. */
export function policyNameIn(webhook: string): string | undefined {
  return NAME_IN_WEBHOOK.exec(webhook)?.[0];
}

/**
 * Whether a policy, or a binding, is ours: by its label, or, where somebody took the label away, by its name. Somebody else may have thought of
 * the plain name, too; our annotations tell those apart: a binding has only the form's.
 */
export function isOurs({ metadata }: KubernetesObject): boolean {
  const { name, labels, annotations } = metadata;
  if (labels?.[LABELS.managedBy] === OPERATOR) return true;
  return (
    OUR_NAME.test(name) &&
    (annotations?.[ANNOTATIONS.mirrors] !== undefined || annotations?.[ANNOTATIONS.formVersion] !== undefined)
  );
}
