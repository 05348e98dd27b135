import type { RegistryMirror, RegistryMirrorStatus } from '../api/registry-mirror.js';
import type { SecretLookup } from '../credentials/secrets.js';

/** What the reconciler needs of the cluster. */
export interface MirrorCluster {
  /** One that the API server deleted past the operator's finalizer is still there, with the time of its deletion, until the finalizer is taken away. */
  mirror(name: string): RegistryMirror | undefined;
  /** The mirrors that name this project (`namedProjects`), as they are at this moment. To ask all mirrors would cost thousands of times as much. */
  mirrorsNaming(project: string): readonly RegistryMirror[];
  readonly secret: SecretLookup;
  /** @param annotations - to be written in the same request */
  setFinalizers(
    mirror: RegistryMirror,
    finalizers: readonly string[],
    annotations?: Readonly<Record<string, string>>,
  ): Promise<RegistryMirror>;
  /** Of one that is gone, the log and an Event say what is new. */
  writeStatus(mirror: RegistryMirror, status: RegistryMirrorStatus): Promise<void>;
  /** Says in the log and in an Event what became of the mirror. */
  announce(mirror: RegistryMirror, type: 'Normal' | 'Warning', reason: string, message: string): Promise<void>;
  /** The key for the credentials' HMAC; made where it isn't there yet. */
  hmacKey(): Promise<Buffer>;
}
