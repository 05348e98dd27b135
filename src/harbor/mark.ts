import { OPERATOR } from '../api/group.js';

/** Who made an object in Harbor: this operator, or somebody before it took over. Adopted objects are never deleted. */
export type Origin = 'created' | 'adopted';

/**
 * The ownership mark in an endpoint's description. Cluster and mirror decide whose the endpoint and its project are. It is written in the same
 * call as the endpoint, so that no crash leaves an endpoint without it.
 */
export interface Mark {
  /** The cluster's id: `--cluster-id`, or the uid of namespace kube-system. */
  readonly cluster: string;
  readonly mirror: string;
  readonly endpoint: Origin;
  readonly project: Origin;
  /** HMAC of the credentials that were written with it. Absent where none were. */
  readonly credentials?: string;
  /** The endpoint type that this Harbor refused to proxy, where the endpoint has another one for that. */
  readonly instead?: string;
  /** The mirror had deletionPolicy Delete when this was written: without the mirror, and without a project, the endpoint may go. */
  readonly deletion?: 'Delete';
  /** The upstream's host when this was written: an endpoint of another one was edited by hand. */
  readonly upstream?: string;
}

interface MarkedText {
  /** What the user wants the description to say. */
  readonly userText: string;
  readonly mark?: Mark;
}

/** A description of this length was seen to survive. */
export const LONGEST_DESCRIPTION = 5000;

const START = `[${OPERATOR} v1`;
const MARK = new RegExp(String.raw`\[${OPERATOR} v1((?: [a-z]+=[^\s\]=]+)+)\]`, 'g');
/** What looks like a mark's beginning in the user's text gets one backslash more, and loses it when read. */
const LOOKALIKE = new RegExp(String.raw`\[(\\*)(?=${OPERATOR} v)`, 'g');
const ESCAPED_LOOKALIKE = new RegExp(String.raw`\[\\(\\*)(?=${OPERATOR} v)`, 'g');

/**
 * The description: the user's text, then the mark, readable:
 * `Docker Hub [registry-mirror-operator v1 cluster=… mirror=dockerhub endpoint=created project=created]`. Text that doesn't fit
 * into 5,000 characters is cut; the mark never is.
 */
export function formatMark(userText: string, mark: Mark): string {
  const fields: Record<string, string | undefined> = { ...mark };
  const values = ['cluster', 'mirror', 'endpoint', 'project', 'credentials', 'instead', 'deletion', 'upstream'].flatMap(
    (name) => {
      const value = fields[name];
      return value === undefined ? [] : [`${name}=${encode(value)}`];
    },
  );
  const written = `${START} ${values.join(' ')}]`;
  const text = cut(userText.replace(LOOKALIKE, '[\\$1'), LONGEST_DESCRIPTION - written.length - 1);
  return text === '' ? written : `${text} ${written}`;
}

/**
 * Takes a description apart. The last whole mark counts, wherever hand edits left it; text around it is the user's. Without one, or with
 * one that lacks a field, everything is the user's text.
 */
export function parseMark(description: string): MarkedText {
  const found = [...description.matchAll(MARK)].at(-1);
  const mark = found && readMark(found[1] ?? '');
  if (found === undefined || mark === undefined) return { userText: description };
  const before = description.slice(0, found.index).replace(/ $/, '');
  const after = description.slice(found.index + found[0].length);
  return { userText: (before + after).replace(ESCAPED_LOOKALIKE, '[$1'), mark };
}

function readMark(written: string): Mark | undefined {
  const fields = new Map<string, string>();
  for (const field of written.trim().split(' ')) {
    const [name = '', value = ''] = field.split('=');
    const decoded = decode(value);
    if (decoded !== undefined) fields.set(name, decoded);
  }
  const cluster = fields.get('cluster');
  const mirror = fields.get('mirror');
  const endpoint = fields.get('endpoint');
  const project = fields.get('project');
  const credentials = fields.get('credentials');
  const instead = fields.get('instead');
  const upstream = fields.get('upstream');
  if (cluster === undefined || mirror === undefined || !isOrigin(endpoint) || !isOrigin(project)) return undefined;
  return {
    cluster,
    mirror,
    endpoint,
    project,
    ...(credentials === undefined ? {} : { credentials }),
    ...(instead === undefined ? {} : { instead }),
    ...(fields.get('deletion') === 'Delete' ? { deletion: 'Delete' } : {}),
    ...(upstream === undefined ? {} : { upstream }),
  };
}

function isOrigin(value: string | undefined): value is Origin {
  return value === 'created' || value === 'adopted';
}

function encode(value: string): string {
  return encodeURIComponent(value.toWellFormed());
}

function decode(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    // A hand edit broke the escape: the field is as good as missing.
    return undefined;
  }
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
