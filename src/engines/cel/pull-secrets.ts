import { celString } from '../syntax/escape.js';
import { PULL_SECRET_PREFIX, type PullSecretRef } from '../pull-secret.js';
import { celBlock } from './literals.js';
import type { Step } from './step.js';

/** One of them, as it stands in the list. */
export function pullSecretItem({ pullPrefix, name }: PullSecretRef): string {
  return `{"prefix": ${celString(`${pullPrefix}/`)}, "name": ${celString(name)}}`;
}

/** The variables from `rewrites` to the Secrets that the Pod is given; none where no mirror has any. */
export function pullSecretSteps(secrets: readonly PullSecretRef[]): readonly Step[] {
  if (secrets.length === 0) return [];
  const items = secrets.map(pullSecretItem);
  return [
    {
      name: 'knownPullSecrets',
      expression: `// What nodes need to pull from here.\n${celBlock('[', items, ']')}`,
      why: 'The Secret that the operator puts into the namespaces of Pods, for each of the pull prefixes.',
    },
    {
      name: 'usedPrefixes',
      expression: `// Where the Pod pulls from.\nvariables.rewrites.map(r, string(r.newName.find("^[^/]+/[^/]+/")))`,
      why: 'What the new names begin with. Each Secret is looked up here: with many mirrors, to compare it with each new name would take long.',
    },
    {
      name: 'ownPullSecrets',
      expression: `// What the Pod has without this policy.\n${namesIn('object')}`,
      why: 'The Pod may name a Secret of the operator itself: it is given none twice.',
    },
    {
      name: 'earlierPullSecrets',
      expression: `// Of an update: what the Pod has had so far.\n${namesIn('oldObject')}`,
      why: 'Of these an update gets back what its manifest leaves out, and no more.',
    },
    {
      name: 'pullSecrets',
      expression: `\
// Those that a new Pod's images need, or that a manifest which is applied again leaves out: nobody can take them from a Pod.
variables.knownPullSecrets.filter(s, (
    request.operation == "CREATE" ? s.prefix in variables.usedPrefixes : s.name in variables.earlierPullSecrets
  ) && !(s.name in variables.ownPullSecrets)
).map(s, {"name": s.name})`,
      why: 'The pull secrets of a Pod can not be changed later, so an update gets back just what its Pod has and its manifest does not know of.',
    },
  ];
}

function namesIn(pod: string): string {
  return `${pod}.spec.?imagePullSecrets.orValue([]).map(p, string(p.?name.orValue("")))`;
}

/** What is behind the rest of the JSON patch. No Secrets but the operator's own are added, whatever the variables say. */
export function pullSecretPatch(secrets: readonly PullSecretRef[]): string {
  if (secrets.length === 0) return '';
  return `
// The pull secrets, behind those that the Pod has.
+ (size(variables.pullSecrets) == 0 || size(object.spec.?imagePullSecrets.orValue([])) > 0
  ? [] : [JSONPatch{op: "add", path: "/spec/imagePullSecrets", value: []}])
+ variables.pullSecrets.filter(s, s.name.startsWith("${PULL_SECRET_PREFIX}"))
  .map(s, JSONPatch{op: "add", path: "/spec/imagePullSecrets/-", value: {"name": s.name}})`;
}
