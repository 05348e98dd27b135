import { expect } from 'chai';
import { KyvernoReplicas } from '../../cluster/kyverno-replicas.js';
import { PULL_HOST } from '../../support/world.js';
import { useWorld } from '../use-world.js';
import { images, podOf } from './pod.js';
import type { Pod } from './pod.js';
import { SERVED_ENGINES } from './served.js';

const STAYS = 'quay.io/a/b:1';
const OTHER = 'other.example.org/a/b:1';
const TO_OTHER = `${PULL_HOST}/other/a/b:1`;

/** What became of the Pods of a stream. */
interface Seen {
  /** Of the mirror that stays. */
  readonly stays: Readonly<Record<string, number>>;
  readonly other: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  /** Pods that were sent to a project that wasn't there before they were created. */
  readonly toNoProject: number;
}

for (const engine of SERVED_ENGINES.filter((each) => each !== 'MutatingAdmissionPolicy')) {
  describe(`with two replicas of Kyverno, by ${engine}`, function () {
    this.timeout(180_000);
    const world = useWorld({ operator: false });
    let replicas: KyvernoReplicas;

    before(async () => {
      replicas = await KyvernoReplicas.start(world().cluster);
      await world().startOperator();
      await apply('quay', { type: 'quay' });
      await world().untilReady('quay');
      await world().untilImage(STAYS, `${PULL_HOST}/quay/a/b:1`);
    });
    after(async () => {
      await replicas.stop();
      await world().cluster.startKyverno();
    });

    async function apply(name: string, upstream: object, more: object = {}): Promise<void> {
      await world().apply(name, { upstream, rewrite: { engine, ...more }, deletionPolicy: 'Delete' });
    }

    /** Creates Pods with an image of each mirror, one after the other, while something happens. */
    async function podsDuring(event: () => Promise<void>): Promise<Seen> {
      const over = new AbortController();
      const seen = { stays: {}, other: {}, refused: {}, toNoProject: 0 };
      const note = (counts: Record<string, number>, what: string): void => {
        counts[what] = (counts[what] ?? 0) + 1;
      };
      const stream = async (): Promise<void> => {
        while (!over.signal.aborted) {
          const isThere = world().harbor.project('other') !== undefined;
          const pod = podOf([STAYS, OTHER]);
          const answer = await world().cluster.api.send('POST', '/api/v1/namespaces/default/pods?dryRun=All', pod);
          if (answer.status !== 201) {
            note(seen.refused, answer.body);
            continue;
          }
          const [stays = '', other = ''] = images(JSON.parse(answer.body) as Pod);
          note(seen.stays, stays);
          note(seen.other, other);
          if (other === TO_OTHER && !isThere) seen.toNoProject += 1;
        }
      };
      await Promise.all([
        stream(),
        event().finally(() => {
          over.abort();
        }),
      ]);
      return seen;
    }

    const comeAndGo = async (): Promise<void> => {
      await apply('other', { type: 'docker-registry', url: 'https://other.example.org' });
      await world().untilReady('other');
      await world().delete('other');
      expect(world().harbor.project('other')).to.equal(undefined);
    };

    it('sends Pods to a project only while it is there, and refuses none', async () => {
      const seen = await podsDuring(async () => {
        for (let i = 0; i < 3; i++) await comeAndGo();
      });
      expect(seen.refused).to.deep.equal({});
      expect(seen.toNoProject).to.equal(0);
      expect(Object.keys(seen.stays)).to.deep.equal([`${PULL_HOST}/quay/a/b:1`]);
      expect(Object.keys(seen.other), 'of the mirror that came and went').to.have.members([OTHER, TO_OTHER]);
    });

    it('misses and refuses no Pod of a mirror that stays, although one of the two hears of nothing', async () => {
      const goOn = replicas.hold();
      const seen = await podsDuring(comeAndGo).finally(goOn);
      expect(seen.refused).to.deep.equal({});
      expect(Object.keys(seen.stays)).to.deep.equal([`${PULL_HOST}/quay/a/b:1`]);
    });
  });
}
