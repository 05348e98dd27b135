import { API_VERSION, GROUP, KIND } from '../../api/group.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { mirrorValidator } from '../crd/validator.js';
import { InputError } from '../input-error.js';
import type { Output } from '../output.js';
import { isRecord, nameOf, readObjects } from './objects-file.js';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads RegistryMirrors from YAML or JSON files, with the CRD's defaults filled in. Objects of other kinds, which stand in the same files
 * often, Secrets for instance, are left out, and a warning names them.
 *
 * @param paths files with one or more documents, Lists among them; `-` is the standard input.
 * @throws InputError for what can't be read, is no Kubernetes object or a RegistryMirror that the API server would refuse; it names file and document.
 */
export async function readMirrors(
  paths: readonly string[],
  { warn }: Pick<Output, 'warn'>,
): Promise<readonly RegistryMirror[]> {
  const validate = mirrorValidator();
  const found = await readObjects(paths);
  const others: string[] = [];
  const mirrors = found.flatMap(({ where, object }) => {
    if (!isOfAnotherKind(object)) return [mirror(where, object, validate)];
    others.push(`${where} is left out: it is a ${label(object, 'kind')}, and only ${KIND}s are read.`);
    return [];
  });
  const names = mirrors.map(({ metadata }) => metadata.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`The RegistryMirror ${twice} is there twice: remove one of them.`);
  if (mirrors.length === 0) throw new InputError(`There is no ${KIND} in ${paths.map(nameOf).join(', ')}.`);
  for (const other of others) warn(other);
  return mirrors;
}

function mirror(where: string, object: unknown, validate: (object: object) => readonly string[]): RegistryMirror {
  if (!isRecord(object)) throw new InputError(`${where} is no Kubernetes object.`);
  const { apiVersion, kind, metadata } = object;
  if (kind === undefined || apiVersion === undefined) {
    throw new InputError(`${where} needs apiVersion: ${API_VERSION} and kind: ${KIND}.`);
  }
  if (kind !== KIND || apiVersion !== API_VERSION) {
    throw new InputError(
      `${where} is a ${label(object, 'kind')} of ${label(object, 'apiVersion')}: only ${API_VERSION} can be read.`,
    );
  }
  const name = isRecord(metadata) ? metadata.name : undefined;
  if (typeof name !== 'string' || name.length > 253 || !NAME.test(name)) {
    throw new InputError(`${where} needs a metadata.name of lower-case letters, digits, - and .`);
  }
  const faults = validate(object);
  if (faults.length > 0) throw new InputError(`${where}, ${KIND} ${name}:\n  ${faults.join('\n  ')}`);
  // The schema that it has just passed is what the type was generated from.
  return object as unknown as RegistryMirror;
}

/** A whole object that says what it is, and it is something else. */
function isOfAnotherKind(object: unknown): object is Readonly<Record<string, unknown>> {
  return (
    isRecord(object) &&
    typeof object.kind === 'string' &&
    typeof object.apiVersion === 'string' &&
    (object.kind !== KIND || !object.apiVersion.startsWith(`${GROUP}/`))
  );
}

function label(object: Readonly<Record<string, unknown>>, member: 'kind' | 'apiVersion'): string {
  const value = object[member];
  return typeof value === 'string' ? value : 'something without a name';
}
