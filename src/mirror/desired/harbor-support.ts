import { isOlder, releaseOf } from '../../harbor/version.js';
import { PROJECT_FIELDS_SINCE } from './project-settings.js';

/** The one field of the upstream that not every Harbor has. */
export const CA_CERTIFICATE = 'spec.upstream.caCertificateSecretRef';

const SINCE: ReadonlyMap<string, string> = new Map([...PROJECT_FIELDS_SINCE, [CA_CERTIFICATE, '2.15.0']]);

/** What is known of a Harbor's settings. */
interface HarborSupport {
  readonly facts: {
    /** As `/systeminfo` has it; undefined: unknown. */
    readonly version: string | undefined;
  };
  /** Fields of the spec that it took and did not keep. */
  readonly unsupported: ReadonlySet<string>;
}

/** The fields of the spec that a Harbor lacks: by its version, or since it was seen to drop them. */
export function unsupportedBy({ facts, unsupported }: HarborSupport): ReadonlySet<string> {
  const later = [...SINCE].filter(([, since]) => isOlder(facts.version, since));
  return new Set([...unsupported, ...later.map(([field]) => field)]);
}

/** A field that this Harbor lacks, in a person's words: `spec.project.referrers (Harbor 2.16.0 and later)`. */
export function describeField(field: string): string {
  const since = SINCE.get(field);
  return since === undefined ? field : `${field} (Harbor ${releaseOf(since)} and later)`;
}
