import type { PullSecretRef } from '../pull-secret.js';
import { celString } from '../syntax/escape.js';
import type { Variable } from './variable.js';

const has = (pod: 'object' | 'oldObject'): string =>
  `(has(${pod}.spec.imagePullSecrets) && ${pod}.spec.imagePullSecrets.exists(e, has(e.name) && e.name == s.n))`;

/**
 * The Secrets to add, of `variables.rewrites`: a list of maps with t: the pull prefix, n: the name. What a Pod was created with can't
 * be changed, so an update gets only those that its manifest left out.
 */
export function pullSecretVariables(secrets: readonly PullSecretRef[]): readonly Variable[] {
  if (secrets.length === 0) return [];
  const known = secrets.map(({ pullPrefix, name }) => `{"t": ${celString(pullPrefix)}, "n": ${celString(name)}}`);
  const needed = 'variables.rewrites.exists(m, m.t == s.t)';
  const mayHave = `(request.operation != "UPDATE" || ${has('oldObject')})`;
  const expression = `[${known.join(', ')}].filter(s, ${needed} && !${has('object')} && ${mayHave})`;
  return [{ name: 'pullSecrets', expression }];
}

/** What is behind the rest of the CEL expression of the JSON patch. */
export function pullSecretPatch(secrets: readonly PullSecretRef[]): string {
  if (secrets.length === 0) return '';
  const list = 'variables.pullSecrets';
  const appended = `${list}.map(s, JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: {"name": s.n}})`;
  const made = `[JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: ${list}.map(s, {"name": s.n})}]`;
  const hasSome = 'has(object.spec.imagePullSecrets) && size(object.spec.imagePullSecrets) > 0';
  return ` + (size(${list}) == 0 ? [] : (${hasSome} ? ${appended} : ${made}))`;
}
