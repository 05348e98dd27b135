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
const POLICY = { apiGroup: 'kyverno.io', resource: 'clusterpolicies', name: 'registry-mirrors' };
const STATUS = { apiGroup: 'registrymirror.io', resource: 'registrymirrors', subresource: 'status', name: 'chaos-001' };

const ANSWER = { metadata: { resourceVersion: '42', annotations: { 'registrymirror.io/mirrors': '[]' } }, spec: {} };
const AUDIT_LOG: readonly string[] = [
  audited('get', USER, POLICY),
  audited('patch', USER, POLICY, { requestObject: {}, responseObject: ANSWER }),
  audited('patch', USER, POLICY, {}, 'RequestReceived'),
  audited('patch', USER, { ...POLICY, apiGroup: 'coordination.k8s.io', resource: 'leases' }),
  audited('patch', USER, STATUS, { requestObject: [{ op: 'add', path: '/status' }] }),
  audited('patch', 'admin', POLICY),
  audited('patch', 'kyverno', { ...POLICY, subresource: 'status' }),
];

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
      const kyvernoLog = join(parent, 'kyverno-of-the-run.log');
      writeFileSync(auditLog, `${AUDIT_LOG.join('\n')}\n${AUDIT_LOG[1]?.slice(0, -9) ?? ''}`);
      writeFileSync(kyvernoLog, 'its log');
      const outputs = [['replica-0', 'its log']] as const;
      await evidence.keep({ outputs, failedStarts: ['too slow'], pods: [ASTRAY], auditLog, kyvernoLog });
      return end();
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
    expect(kept('kyverno.log')).to.equal('its log');
    expect(JSON.parse(kept('pods.jsonl'))).to.deep.include({ at: '2026-11-27T02:00:00.000Z', outages: ['Kyverno'] });
  });

  it('keeps what the operator wrote in the cluster, and not what it read or others wrote', async () => {
    await judged(() => [{ invariant: 'all is well', what: 'it is not' }]);
    const lines = [audited('patch', USER, POLICY), audited('patch', USER, STATUS)];
    expect(kept('writes.jsonl')).to.equal(`${lines.join('\n')}\n`);
  });

  it('keeps what anybody wrote in policies, and what the status of mirrors was', async () => {
    await judged(() => [{ invariant: 'all is well', what: 'it is not' }]);
    const lines = (file: string): readonly unknown[] =>
      kept(file)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown);
    const [byOperator, byHand, ...more] = lines('policies.jsonl');
    expect(byOperator).to.deep.include({ user: USER, name: 'registry-mirrors', resourceVersion: '42', mirrors: [] });
    expect(byHand).to.deep.include({ user: 'admin', status: 200 });
    expect(more).to.deep.equal([]);
    expect(lines('statuses.jsonl')).to.have.length(1);
    expect(lines('statuses.jsonl')[0]).to.deep.include({ name: 'chaos-001', sent: [{ op: 'add', path: '/status' }] });
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

/** A line of the audit log, in the order in which the API server writes its parts. */
function audited(
  verb: string,
  username: string,
  objectRef: object,
  bodies: object = {},
  stage = 'ResponseComplete',
): string {
  const [requestURI, responseStatus] = ['/apis', { code: 200 }];
  return JSON.stringify({ stage, requestURI, verb, user: { username }, objectRef, responseStatus, ...bodies });
}
