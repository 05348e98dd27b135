import { API_VERSION, KIND } from '../../api/group.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { mirrorValidator } from '../crd.js';
import { InputError } from '../input-error.js';
import { isRecord, readObjects } from './objects-file.js';
import { urlFault } from './url-fault.js';

const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads RegistryMirrors from YAML or JSON files, with the CRD's defaults filled in.
 *
 * @param paths files with one or more documents, Lists among them; `-` is the standard input.
 * @throws InputError for what can't be read, is no RegistryMirror or breaks the CRD's schema; it names file and document.
 */
export async function readMirrors(paths: readonly string[]): Promise<readonly RegistryMirror[]> {
  const validate = mirrorValidator();
  const found = await readObjects(paths);
  const mirrors = found.map(({ where, object }) => mirror(where, object, validate));
  const names = mirrors.map(({ metadata }) => metadata.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new InputError(`The RegistryMirror ${twice} is there twice: remove one of them.`);
  if (mirrors.length === 0) throw new InputError(`There is no ${KIND} in ${paths.join(', ')}.`);
  return mirrors;
}

function mirror(where: string, object: unknown, validate: (object: object) => readonly string[]): RegistryMirror {
  if (!isRecord(object)) throw new InputError(`${where} is no Kubernetes object.`);
  const { apiVersion, kind, metadata } = object;
  if (kind !== KIND || apiVersion !== API_VERSION) {
    throw new InputError(
      `${where} is a ${label(kind)} of ${label(apiVersion)}: only objects of kind ${KIND}, apiVersion ${API_VERSION}, can be read.`,
    );
  }
  const name = isRecord(metadata) ? metadata.name : undefined;
  if (typeof name !== 'string' || name.length > 253 || !NAME.test(name)) {
    throw new InputError(`${where} needs a metadata.name of lower-case letters, digits, - and .`);
  }
  const faults = validate(object);
  if (faults.length > 0) throw new InputError(`${where}, ${KIND} ${name}:\n  ${faults.join('\n  ')}`);
  // The schema that it has just passed is what the type was generated from.
  const read = object as unknown as RegistryMirror;
  const fault = urlFault(read.spec.upstream);
  if (fault !== undefined) throw new InputError(`${where}, ${KIND} ${name}:\n  ${fault}`);
  return read;
}

function label(value: unknown): string {
  return typeof value === 'string' ? value : 'something without a name';
}
