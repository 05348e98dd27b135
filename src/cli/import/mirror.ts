import { withDefaults } from '../../api/spec/defaults.js';
import { API_VERSION, KIND, LABELS } from '../../api/group.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { upstreamHosts, upstreamTypes } from '../../api/spec/upstream-types.js';
import { parseMark } from '../../harbor/mark.js';
import { writtenLimits } from '../../mirror/desired/project-limits.js';
import { writtenSettings } from '../../mirror/desired/project-settings.js';
import type { WrittenProject } from '../../mirror/desired/project-settings.js';
import { isExcluded } from '../cluster/excluded-namespaces.js';
import type { HandMadePolicy } from './hand-made.js';
import type { ProxyProject } from './proxy-project.js';
import { upstreamOf } from './upstream.js';
import type { WrittenUpstream } from './upstream.js';

/** A mirror as a person would write it. */
export interface WrittenMirror {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: typeof KIND;
  readonly metadata: { readonly name: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What stands for one project of Harbor's. */
export interface ImportedMirror {
  readonly mirror: WrittenMirror;
  /** Secrets whose content Harbor tells: CA certificates. */
  readonly secrets: readonly object[];
  /** For the person who applies it. */
  readonly notes: readonly string[];
}

export type Imported =
  ({ readonly ok: true } & ImportedMirror) | { readonly ok: false; readonly project: string; readonly problem: string };

export interface ImportOptions {
  /** The operator's namespace: where the Secrets belong. */
  readonly namespace: string;
  /** This cluster's id in marks; undefined where it isn't known. */
  readonly clusterId: string | undefined;
  readonly policies: readonly HandMadePolicy[];
  readonly excludedNamespaces: readonly string[];
}

/** Other than line breaks and tabs, which the CRD takes. */
const CONTROL_CHARACTERS = /[^\P{Cc}\n\t]/u;
const LONGEST_DESCRIPTION = 4000;

/** The mirror that changes nothing in Harbor but the mark, for a project that is there. Pure. */
export function importMirror(found: ProxyProject, name: string, options: ImportOptions): Imported {
  const { project, endpoint } = found;
  const refuse = (problem: string): Imported => ({ ok: false, project: project.name, problem });
  const { mark, userText } = parseMark(endpoint.description);
  if (mark !== undefined && mark.cluster === options.clusterId) {
    return refuse(`it belongs to RegistryMirror ${mark.mirror} of this cluster already`);
  }
  const upstream = upstreamOf(endpoint);
  if (!upstream.ok) return refuse(upstream.problem);
  const whyUse = reasonsForUse(found, userText);
  if (mark !== undefined) whyUse.push(`RegistryMirror ${mark.mirror} of the cluster ${mark.cluster} owns its endpoint`);
  const adopts = whyUse.length === 0;
  const secrets = adopts ? upstreamSecrets(found, name, options.namespace) : NO_SECRETS;
  const needed = adopts ? secrets : requiredSecrets(found, name, options.namespace, upstream.upstream.type);
  const isPublic = project.metadata.public === 'true';
  const { settings, notes } = adopts
    ? projectSettings(found)
    : { settings: needed.fields.credentialsSecretRef === undefined ? {} : { public: isPublic }, notes: [] };
  const policy = options.policies.find(({ targets }) => targets.some((target) => target.project === project.name));
  const rewrite = rewriteOf(isPublic, policy, options.excludedNamespaces);
  const spec = {
    upstream: {
      ...upstream.upstream,
      ...learnedHosts(policy, project.name, upstream.upstream),
      ...(adopts && userText !== '' ? { description: userText } : {}),
      ...needed.fields,
      ...(adopts && endpoint.insecure ? { insecureSkipTLSVerify: true } : {}),
    },
    ...nonEmpty('project', { ...(name === project.name ? {} : { name: project.name }), ...settings }),
    ...nonEmpty('rewrite', rewrite.fields),
    adoptionPolicy: adopts ? 'Adopt' : 'Use',
  };
  return {
    ok: true,
    mirror: { apiVersion: API_VERSION, kind: KIND, metadata: { name }, spec },
    secrets: needed.objects,
    notes: [
      ...whyUse.map((why) => `Used, not adopted: ${why}.`),
      ...needed.notes,
      ...rewrite.notes,
      ...notes.map(sentence),
    ],
  };
}

/** The mirror as the API server would serve it. */
export function served({ mirror }: ImportedMirror): RegistryMirror {
  return withDefaults(mirror);
}

/** Why adopting would change more than the mark, or what others rely on. */
function reasonsForUse({ endpoint, sharedWith }: ProxyProject, userText: string): string[] {
  const { caCertificate, insecure, url } = endpoint;
  const isUnkept =
    userText.length > LONGEST_DESCRIPTION ||
    CONTROL_CHARACTERS.test(userText) ||
    userText.includes('[registry-mirror-operator v');
  return [
    ...(sharedWith.length === 0 ? [] : [`its endpoint ${endpoint.name} also serves ${sharedWith.join(', ')}`]),
    ...(isUnkept ? ["a mirror can't hold its endpoint's description"] : []),
    ...(caCertificate !== undefined && (insecure || !url.startsWith('https:'))
      ? ['its endpoint has a CA certificate that it makes no use of']
      : []),
  ];
}

/** Only what differs from Harbor's defaults: the rest isn't managed. Who sees what an upstream's credentials see is always stated. */
function projectSettings({ project: { metadata }, endpoint, quota, retention }: ProxyProject): {
  readonly settings: WrittenProject;
  readonly notes: readonly string[];
} {
  const [own, limits] = [writtenSettings(metadata), writtenLimits(quota, retention)];
  const stated = endpoint.accessKey === undefined ? {} : { public: metadata.public === 'true' };
  return { settings: { ...stated, ...own.settings, ...limits.settings }, notes: [...own.notes, ...limits.notes] };
}

interface NeededSecrets {
  readonly fields: {
    readonly credentialsSecretRef?: { readonly name: string };
    readonly caCertificateSecretRef?: { readonly name: string };
  };
  readonly objects: readonly object[];
  readonly notes: readonly string[];
}

const NO_SECRETS: NeededSecrets = { fields: {}, objects: [], notes: [] };

function upstreamSecrets({ endpoint }: ProxyProject, name: string, namespace: string): NeededSecrets {
  const { accessKey, caCertificate } = endpoint;
  const credentials =
    accessKey === undefined ? NO_SECRETS : credentialsSecret(endpoint.name, accessKey, name, namespace);
  if (caCertificate === undefined) return credentials;
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${name}-upstream-ca`, namespace, labels: { [LABELS.credentials]: 'upstream' } },
    stringData: { 'ca.crt': caCertificate },
  };
  return {
    fields: { ...credentials.fields, caCertificateSecretRef: { name: `${name}-upstream-ca` } },
    objects: [secret],
    notes: credentials.notes,
  };
}

/** A type that the CRD refuses without credentials, although a mirror that only uses a project sends none. */
function requiredSecrets(
  { endpoint }: ProxyProject,
  name: string,
  namespace: string,
  type: RegistryMirror['spec']['upstream']['type'],
): NeededSecrets {
  if (!upstreamTypes[type].needsCredentials) return NO_SECRETS;
  return credentialsSecret(endpoint.name, endpoint.accessKey ?? '', name, namespace);
}

/** The user's name is shown as a placeholder where a shell would read anything into it. */
function credentialsSecret(endpoint: string, accessKey: string, mirror: string, namespace: string): NeededSecrets {
  const name = `${mirror}-upstream`;
  const user = /^[\w.@+$-]+$/.test(accessKey) ? accessKey : '…';
  return {
    fields: { credentialsSecretRef: { name } },
    objects: [],
    notes: [
      `Harbor doesn't tell the password of its endpoint ${endpoint}. Create the Secret with it first, else the mirror waits:`,
      `  kubectl create secret generic ${name} -n ${namespace} --type=kubernetes.io/basic-auth --from-literal=username='${user}' --from-literal=password=…`,
      `  kubectl label secret ${name} -n ${namespace} ${LABELS.credentials}=upstream`,
    ],
  };
}

function rewriteOf(
  isPublic: boolean,
  policy: HandMadePolicy | undefined,
  alwaysExcluded: readonly string[],
): { readonly fields: object; readonly notes: readonly string[] } {
  const others = (policy?.excludedNamespaces ?? []).filter((namespace) => !isExcluded(namespace, alwaysExcluded));
  const names = others.filter((namespace) => !/[*?]/.test(namespace));
  const globs = others.filter((namespace) => /[*?]/.test(namespace));
  const namespaceSelector = {
    matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: names }],
  };
  const notes = [
    ...(policy === undefined
      ? []
      : [`ClusterPolicy ${policy.name} sends Pods here: delete it once this mirror is Ready.`]),
    ...(globs.length === 0
      ? []
      : [`Add ${globs.join(', ')} to the operator's EXCLUDED_NAMESPACES: a selector has no globs.`]),
  ];
  if (!isPublic) {
    const how = 'rewrite.pullSecret: Inject, or rewrite.nodesAuthenticate: true, lets Pods pull from it';
    return {
      fields: { engine: 'None' },
      notes: [...notes, `The project is private, so Pods are not sent there: ${how}.`],
    };
  }
  return {
    fields: {
      ...(policy?.ignoresFailures === true ? { failurePolicy: 'Ignore' } : {}),
      ...(names.length === 0 ? {} : { namespaceSelector }),
    },
    notes,
  };
}

/** The hosts that a hand-made policy sends here, where it names others than the upstream has by itself. */
function learnedHosts(
  policy: HandMadePolicy | undefined,
  project: string,
  upstream: WrittenUpstream,
): { readonly hosts?: readonly string[] } {
  const learned = policy?.targets.find((target) => target.project === project)?.hosts ?? [];
  const own = upstreamHosts({ upstream: { ...upstream, insecureSkipTLSVerify: false } });
  return learned.length === 0 || learned.toSorted().join() === own.toSorted().join() ? {} : { hosts: learned };
}

function nonEmpty(name: string, fields: object): object {
  return Object.keys(fields).length === 0 ? {} : { [name]: fields };
}

function sentence(note: string): string {
  return `${note.charAt(0).toUpperCase()}${note.slice(1)}.`;
}
