import { buildBinaries } from './build.js';
import { wantedVersion, wantVersion } from './versions.js';

/** What a cluster is made to run instead of the Kyverno that is wanted. */
interface OlderKyverno {
  readonly version: string;
  readonly program: string;
  readonly manifests: string;
}

/** Another version of Kyverno than the one that is wanted, built if need be. */
export async function kyvernoOf(version: string): Promise<OlderKyverno> {
  const wanted = wantedVersion('kyverno');
  wantVersion('kyverno', version);
  try {
    const { kyverno, 'kyverno-manifests': manifests } = await buildBinaries({ names: ['kyverno'] });
    return { version, program: kyverno, manifests };
  } finally {
    wantVersion('kyverno', wanted);
  }
}
