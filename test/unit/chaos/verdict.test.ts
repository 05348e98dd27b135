import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Evidence } from '../../chaos/evidence.js';
import type { Breach } from '../../chaos/run.js';
import type { PodRecord } from '../../chaos/stage/pods.js';
import { judge } from '../../chaos/verdict.js';

const ASTRAY: PodRecord = {
  image: 'chaos-001.example.org/team/app:3',
  result: 'harbor.cache.test/chaos-001/team/app:3',
  refusal: undefined,
  outages: new Set(['Kyverno']),
  project: 'deleted by the operator',
  secrets: [],
  isLockedOut: false,
  at: Date.parse('2026-11-27T02:00:00Z'),
  tookMs: 12,
};
const USER = 'system:serviceaccount:registry-mirror-system:registry-mirror-operator';

describe('how a chaos run ends', () => {
  let parent: string;
  let printed: string[];

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'registry-mirror-verdict-'));
    printed = [];
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  /** A run with a step, and with what it leaves, that ends so. */
  async function judged(end: () => readonly Breach[]): Promise<number> {
    const evidence = new Evidence(join(parent, 'runs'), 7);
    const print = (line: string): void => void printed.push(line);
    const trial = {
      name: 'Seed 7',
      command: 'npm run chaos -- --seed 7',
      evidence,
      print,
      lastSteps: () => ['a step'],
    };
    return judge(trial, async () => {
      evidence.note('  5.0 s  WatchesDrop {}: 3 watches');
      const auditLog = join(parent, 'audit.log');
      writeFileSync(auditLog, [audited('get', USER), audited('patch', USER), audited('patch', 'admin')].join('\n'));
      evidence.keep({ outputs: [['replica-0', 'its log']], failedStarts: ['too slow'], pods: [ASTRAY], auditLog });
      return Promise.resolve(end());
    });
  }

  const folders = (): readonly string[] => readdirSync(join(parent, 'runs'));
  const kept = (file: string): string => readFileSync(join(parent, 'runs', folders()[0] ?? '', file), 'utf8');

  it('is 0 with nothing kept where all held', async () => {
    expect(await judged(() => [])).to.equal(0);
    expect(folders()).to.deep.equal([]);
    expect(printed).to.deep.equal(['Seed 7 is clean.']);
  });

  it('is 1 where something did not hold, and its last line names the folder with what explains it', async () => {
    const breaches = Array.from({ length: 12 }, (_, index) => ({
      invariant: 'all is well',
      what: `it is not ${index}`,
    }));
    expect(await judged(() => breaches)).to.equal(1);
    expect(printed.at(-1)).to.equal(`What explains it is in ${join(parent, 'runs', folders()[0] ?? '')}`);
    expect(printed.join('\n')).to.include('BROKEN: all is well (12 times)').and.include('npm run chaos -- --seed 7');
    expect(kept('breaches.log').split('\n')).to.have.length(13).and.include('all is well: it is not 11');
    expect(kept('steps.log')).to.match(/^\d{4}-\S+Z {3}5\.0 s {2}WatchesDrop \{\}: 3 watches\n$/);
    expect(kept('replica-0.log')).to.equal('its log');
    expect(kept('failed-starts.log')).to.equal('too slow\n');
    expect(JSON.parse(kept('pods.jsonl'))).to.deep.include({ at: '2026-11-27T02:00:00.000Z', outages: ['Kyverno'] });
  });

  it('keeps what the operator wrote in the cluster, and not what it read or others wrote', async () => {
    await judged(() => [{ invariant: 'all is well', what: 'it is not' }]);
    expect(kept('writes.jsonl')).to.equal(`${audited('patch', USER)}\n`);
  });

  it('is 2 where the run fails before its end, which says nothing about the operator', async () => {
    const code = await judged(() => {
      throw new Error('the API server does not start');
    });
    expect(code).to.equal(2);
    expect(printed[0]).to.include('Seed 7 was not carried out to its end').and.include('the API server does not start');
    expect(printed.at(-1)).to.include(join(parent, 'runs', folders()[0] ?? ''));
    expect(kept('steps.log')).to.include('the API server does not start');
  });
});

function audited(verb: string, username: string): string {
  const objectRef = { resource: 'clusterpolicies', name: 'registry-mirrors' };
  return JSON.stringify({ stage: 'ResponseComplete', verb, user: { username }, objectRef });
}
