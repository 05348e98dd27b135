import { expect } from 'chai';
import { ApiStatusError } from '../../cluster/api.js';
import { newPod } from '../../support/new-pod.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { SERVED_ENGINES } from './served.js';

const IMAGE = 'quay.io/a/b';
const CACHED = `${PULL_HOST}/quay/a/b`;

/** How a new Pod fared, and whether Harbor still had the mirror's project when its image was known. */
interface Fared {
  readonly image: string | undefined;
  readonly hasProject: boolean;
}

for (const engine of SERVED_ENGINES) {
  describe(`A mirror with the engine ${engine} that is deleted in the foreground`, function () {
    this.timeout(120_000);
    const world = useWorld();

    it('sends no Pod to the cache again once one was not sent there, and its project goes after that', async () => {
      await world().apply('quay', { upstream: { type: 'quay' }, deletionPolicy: 'Delete', rewrite: { engine } });
      await world().untilReady('quay');
      await world().untilImage(IMAGE, CACHED);
      const fared: Fared[] = [];
      let endBy = Infinity;
      const stream = async (): Promise<void> => {
        while (Date.now() < endBy && (endBy === Infinity || fared.at(-1)?.image !== IMAGE)) {
          const image = await imageOrRefusal();
          fared.push({
            image,
            hasProject: world()
              .harbor.projects()
              .some(({ name }) => name === 'quay'),
          });
        }
      };
      const remove = async (): Promise<void> => {
        const args = ['delete', 'registrymirror', 'quay', '--cascade=foreground', '--timeout=60s'];
        const { code, stderr } = await world().cluster.kubectl(args);
        endBy = Date.now() + 20_000;
        expect(code, stderr).to.equal(0);
      };
      await Promise.all([stream(), remove()]);
      // The garbage collector may delete a ClusterPolicy that Kyverno is still asked for.
      const seen = fared.filter(({ image }) => engine !== 'ClusterPolicy' || image !== undefined);
      const first = seen.findIndex(({ image }) => image !== CACHED);
      expect(seen.slice(first).filter(({ image }) => image !== IMAGE)).to.deep.equal([]);
      expect(seen.filter(({ image, hasProject }) => image === CACHED && !hasProject)).to.deep.equal([]);
      expect(
        world()
          .harbor.projects()
          .map(({ name }) => name),
      ).to.not.include('quay');
    });

    /** Undefined: the Pod was refused. */
    async function imageOrRefusal(): Promise<string | undefined> {
      try {
        return (await newPod(world(), 'default', IMAGE)).image;
      } catch (error) {
        if (!(error instanceof ApiStatusError)) throw error;
        return undefined;
      }
    }
  });
}
