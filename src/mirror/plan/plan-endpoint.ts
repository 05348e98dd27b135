import { formatMark, parseMark } from '../../harbor/mark.js';
import type { Mark, Origin } from '../../harbor/mark.js';
import type { Endpoint, EndpointUpdate } from '../../harbor/types.js';
import type { Action } from './actions.js';
import { hostOf, sameUrl } from '../desired/desired.js';
import type { Desired } from '../desired/desired.js';
import { CA_CERTIFICATE } from '../desired/harbor-support.js';
import type { Identity } from './ownership.js';

interface EndpointInput {
  readonly desired: Desired;
  /** Fields of the spec that this Harbor lacks. */
  readonly unsupported?: ReadonlySet<string>;
}

/** One difference between an endpoint and what it should be: its name, and what the PUT says about it. */
interface Difference {
  readonly what: string;
  readonly update: EndpointUpdate;
}

/** The mark of an endpoint and a project that both came about in the same way. */
export function newMark({ clusterId, mirror }: Identity, origin: Origin, hmac?: string): Mark {
  return { cluster: clusterId, mirror, endpoint: origin, project: origin, ...credentialsOf(hmac) };
}

/**
 * What differs on the endpoint, in one PUT; nothing where nothing does. Pure.
 *
 * @param mark - the mark as it is there, or as it is to be where the endpoint has none yet. Harbor masks the password when it is read, so the
 * mark tells which one was written last.
 */
export function planEndpointUpdate(input: EndpointInput, endpoint: Endpoint, mark: Mark): readonly Action[] {
  const { desired } = input;
  const { hmac } = desired.secrets;
  const userText = desired.description ?? parseMark(endpoint.description).userText;
  const differences = [
    ...urlDifference(desired, endpoint),
    ...insecureDifference(desired, endpoint),
    ...credentialsDifference(desired, endpoint, mark),
    ...(input.unsupported?.has(CA_CERTIFICATE) === true ? [] : certificateDifference(desired, endpoint, mark)),
    ...descriptionDifference(desired, userText, { ...lasting(mark), ...credentialsOf(hmac) }, mark, endpoint),
  ];
  if (differences.length === 0) return [];
  const update = differences.reduce<EndpointUpdate>((whole, one) => ({ ...whole, ...one.update }), {});
  const why = [...new Set(differences.map(({ what }) => what))].join(', ');
  return [{ kind: 'UpdateEndpoint', id: endpoint.id, update, why }];
}

/** The credentials go along: Harbor would send the old ones to the new host. */
function urlDifference({ url, secrets }: Desired, endpoint: Endpoint): readonly Difference[] {
  // The type docker-hub ignores its url: Harbor always talks to Docker Hub itself.
  if (endpoint.type === 'docker-hub' || sameUrl(endpoint.url, url)) return [];
  return [{ what: `url ${endpoint.url} -> ${url}`, update: { url, credentials: secrets.credentials ?? null } }];
}

function insecureDifference({ insecure }: Desired, endpoint: Endpoint): readonly Difference[] {
  if (endpoint.insecure === insecure) return [];
  return [{ what: `insecure ${endpoint.insecure} -> ${insecure}`, update: { insecure } }];
}

function credentialsDifference({ secrets }: Desired, endpoint: Endpoint, mark: Mark): readonly Difference[] {
  const { credentials, hmac } = secrets;
  if (credentials === undefined && isUnmanaged(mark)) return [];
  if (mark.credentials === hmac && (endpoint.accessKey ?? '') === (credentials?.accessKey ?? '')) return [];
  return [{ what: 'credentials', update: { credentials: credentials ?? null } }];
}

function certificateDifference({ secrets }: Desired, endpoint: Endpoint, mark: Mark): readonly Difference[] {
  if (secrets.caCertificate === undefined && isUnmanaged(mark)) return [];
  const [wanted, there] = [secrets.caCertificate ?? '', endpoint.caCertificate ?? ''].map((pem) => pem.trim());
  if (wanted === there) return [];
  return [{ what: 'CA certificate', update: { caCertificate: secrets.caCertificate ?? null } }];
}

/**
 * Whether the endpoint was adopted with secrets that we never wrote: someone set them by hand, nobody can read them back, and the spec that names
 * none leaves them alone.
 */
function isUnmanaged({ endpoint, credentials }: Mark): boolean {
  return endpoint === 'adopted' && credentials === undefined;
}

/**
 * That a mirror deletes what it made is written with the next PUT there is; that it doesn't any more is worth one of its own: until then the endpoint
 * might be taken for left behind. Likewise an upstream that the mark lacks waits, and one that isn't so any more does not.
 */
function descriptionDifference(
  desired: Desired,
  userText: string,
  mark: Mark,
  before: Mark,
  { description: there }: Endpoint,
): readonly Difference[] {
  const wanted = mark.endpoint === 'created' ? deletionOf(desired) : {};
  const mayStay = {
    ...(wanted.deletion === undefined ? wanted : deletionOf(before)),
    ...(before.upstream === undefined ? {} : upstreamOf(desired)),
  };
  if (formatMark(userText, { ...mark, ...mayStay }) === there) return [];
  const description = formatMark(userText, { ...mark, ...wanted, ...upstreamOf(desired) });
  return [{ what: 'description', update: { description } }];
}

/** The type docker-hub has one upstream, whatever the url says. */
export function upstreamOf({ endpointType, url }: Desired): Pick<Mark, 'upstream'> {
  return endpointType === 'docker-hub' ? {} : { upstream: hostOf(url) };
}

export function deletionOf({ deletion }: Pick<Mark, 'deletion'>): Pick<Mark, 'deletion'> {
  return deletion === undefined ? {} : { deletion };
}

/** What of a mark doesn't change with the spec. */
function lasting({ cluster, mirror, endpoint, project, instead }: Mark): Mark {
  return { cluster, mirror, endpoint, project, ...(instead === undefined ? {} : { instead }) };
}

function credentialsOf(hmac: string | undefined): Pick<Mark, 'credentials'> {
  return hmac === undefined ? {} : { credentials: hmac };
}
