import type { KubernetesApi } from './api.js';
import { isKubernetesError, KubernetesError } from './errors.js';
import type { Resource } from './objects.js';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly 'x-kubernetes-group-version-kind'?: readonly { readonly kind: string }[];
}

interface OpenApi {
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/**
 * Makes sure that a kind has the field that its collection needs.
 *
 * @throws KubernetesError (kind `notFound`) where it hasn't, as for a kind that isn't there; `unavailable` where the API server doesn't say yet
 */
export async function checkSchema(api: KubernetesApi, resource: Resource, kind: string): Promise<void> {
  const { group, version, plural, neededField } = resource;
  if (neededField === undefined) return;
  const what = `the schema of ${plural}.${group}/${version}`;
  const schema = await schemaOf(api, `/openapi/v3/apis/${group}/${version}`, kind);
  // The API server makes it of the definition a moment after it serves the kind.
  if (schema === undefined) throw new KubernetesError('unavailable', `${what} isn't there yet`);
  const field = neededField.split('.').reduce<Schema | undefined>((part, name) => part?.properties?.[name], schema);
  if (field === undefined) throw new KubernetesError('notFound', `${what} has no ${neededField}: it is an older one`);
}

async function schemaOf(api: KubernetesApi, path: string, kind: string): Promise<Schema | undefined> {
  try {
    const { components } = await api.request<OpenApi>({ method: 'GET', path });
    return Object.values(components?.schemas ?? {}).find((schema) =>
      schema['x-kubernetes-group-version-kind']?.some((of) => of.kind === kind),
    );
  } catch (error) {
    if (isKubernetesError(error, 'notFound')) return undefined;
    throw error;
  }
}
