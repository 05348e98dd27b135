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

/** Where the API server has the document of each group and version. */
interface OpenApiIndex {
  readonly paths?: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

interface Read {
  /** With a hash of the document in it. */
  readonly url: string;
  readonly kind: string;
  readonly hasField: boolean | undefined;
}

/** Whether kinds have the fields that their collections need. A group's document may be as large as all that is stored of it: it is read when it changes. */
export class Schemas {
  readonly #api: KubernetesApi;
  readonly #read = new Map<string, Read>();

  constructor(api: KubernetesApi) {
    this.#api = api;
  }

  /**
   * Makes sure that a kind has the field that its collection needs.
   *
   * @throws KubernetesError (kind `notFound`) where it hasn't, as for a kind that isn't there; `unavailable` where the API server doesn't say yet
   */
  async check(resource: Resource, kind: string, signal?: AbortSignal): Promise<void> {
    const { group, version, plural, neededField } = resource;
    if (neededField === undefined) return;
    const what = `the schema of ${plural}.${group}/${version}`;
    const hasField = await this.#hasField(`apis/${group}/${version}`, kind, neededField, signal);
    // The API server makes it of the definition a moment after it serves the kind.
    if (hasField === undefined) throw new KubernetesError('unavailable', `${what} isn't there yet`);
    if (!hasField) throw new KubernetesError('notFound', `${what} has no ${neededField}: it is an older one`);
  }

  async #hasField(
    path: string,
    kind: string,
    field: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean | undefined> {
    const index = await this.#get<OpenApiIndex>('/openapi/v3', signal);
    const url = index?.paths?.[path]?.serverRelativeURL;
    if (url === undefined) return undefined;
    const before = this.#read.get(path);
    if (before?.url === url && before.kind === kind) return before.hasField;
    const document = await this.#get<OpenApi>(url, signal);
    if (document === undefined) return undefined;
    const hasField = hasFieldIn(document, kind, field);
    this.#read.set(path, { url, kind, hasField });
    return hasField;
  }

  /** Undefined where it isn't found: that says nothing of the kind. */
  async #get<T>(path: string, signal: AbortSignal | undefined): Promise<T | undefined> {
    try {
      return await this.#api.request<T>({ method: 'GET', path, ...(signal === undefined ? {} : { signal }) });
    } catch (error) {
      if (isKubernetesError(error, 'notFound')) return undefined;
      throw error;
    }
  }
}

/** @returns undefined where the document has no such kind */
function hasFieldIn({ components }: OpenApi, kind: string, field: string): boolean | undefined {
  const schema = Object.values(components?.schemas ?? {}).find((each) =>
    each['x-kubernetes-group-version-kind']?.some((of) => of.kind === kind),
  );
  const found = field.split('.').reduce<Schema | undefined>((part, name) => part?.properties?.[name], schema);
  return schema === undefined ? undefined : found !== undefined;
}
