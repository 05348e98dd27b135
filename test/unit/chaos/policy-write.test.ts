import { expect } from 'chai';
import { ENGINE_KINDS, ENGINES } from '../../../src/engines/engines.js';
import { precedence } from '../../../src/engines/placement/precedence.js';
import type { RenderedPolicy } from '../../../src/engines/policy.js';
import { renderPolicy } from '../../../src/engines/render.js';
import type { PolicyEngine } from '../../../src/engines/settings.js';
import { contentCondition } from '../../../src/engines/webhooks.js';
import { describePolicyWrite } from '../../chaos/policy-write.js';
import type { AuditedWrite } from '../../chaos/audited-writes.js';
import { mirror } from '../engines/entries.js';

const entries = [mirror('whole'), mirror('part', { include: ['team/**'] })];

function rendered(engine: PolicyEngine): RenderedPolicy {
  return renderPolicy({
    name: 'registry-mirrors',
    settings: { engine, failurePolicy: 'Fail', podsWithPullSecrets: 'Skip', pullSecret: 'None' },
    entries,
    rules: precedence(entries)(entries),
    excludedNamespaces: [],
  });
}

/** The policy as it is in this version. */
function version({ object }: RenderedPolicy, resourceVersion: string): object {
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

function audited(engine: PolicyEngine, more: Partial<AuditedWrite>): AuditedWrite {
  const { group, plural } = ENGINES[engine].resource;
  return {
    stage: 'ResponseComplete',
    verb: 'patch',
    requestURI: `/apis/${group}/v1/${plural}/registry-mirrors`,
    requestReceivedTimestamp: '2026-11-27T02:00:00.000000Z',
    stageTimestamp: '2026-11-27T02:00:00.100000Z',
    user: { username: 'somebody' },
    objectRef: { apiGroup: group, resource: plural, name: 'registry-mirrors' },
    responseStatus: { code: 200 },
    ...more,
  };
}

describe('what is kept of a write of a policy', () => {
  for (const engine of ENGINE_KINDS) {
    it(`tells what it then lists, and where it sends images, with ${engine}`, () => {
      const policy = rendered(engine);
      const told = describePolicyWrite(
        audited(engine, { requestObject: version(policy, '41'), responseObject: version(policy, '42') }),
      );
      expect(told).to.deep.include({
        asked: '2026-11-27T02:00:00.000000Z',
        answered: '2026-11-27T02:00:00.100000Z',
        user: 'somebody',
        verb: 'patch',
        name: 'registry-mirrors',
        status: 200,
        over: '41',
        resourceVersion: '42',
        mirrors: entries,
      });
      expect(told.conditions).to.include(contentCondition(policy.contentHash));
      const steps = JSON.stringify(told.steps);
      for (const name of ['whole', 'part']) {
        expect(steps, name).to.include(`${name}.io`).and.include(`harbor.example.org/${name}`);
      }
    });
  }

  it('tells what a patch made of it, and the version that it was meant for', () => {
    const requestObject = [
      { op: 'replace', path: '/metadata/resourceVersion', value: '41' },
      { op: 'replace', path: '/spec', value: {} },
    ];
    const responseObject = version(rendered('ClusterPolicy'), '42');
    const told = describePolicyWrite(audited('ClusterPolicy', { requestObject, responseObject }));
    expect(told).to.deep.include({ over: '41', resourceVersion: '42', mirrors: entries });
  });

  it('tells what was to be written where the API server refused it', () => {
    const told = describePolicyWrite(
      audited('MutatingPolicy', {
        requestObject: version(rendered('MutatingPolicy'), '41'),
        responseObject: { kind: 'Status', metadata: {}, status: 'Failure', code: 409 },
        responseStatus: { code: 409 },
      }),
    );
    expect(told).to.deep.include({ status: 409, over: '41', resourceVersion: undefined, mirrors: entries });
  });

  it('has the list of mirrors as it is written where a hand made it unreadable', () => {
    const policy = rendered('ClusterPolicy');
    const annotations = { ...policy.object.metadata.annotations, 'registrymirror.io/mirrors': 'none' };
    const responseObject = { ...policy.object, metadata: { ...policy.object.metadata, annotations } };
    expect(describePolicyWrite(audited('ClusterPolicy', { responseObject })).mirrors).to.equal('none');
  });

  it('says of a deletion only who asked for it, and when', () => {
    const requestObject = { kind: 'DeleteOptions', preconditions: { uid: 'u' } };
    const responseObject = { kind: 'Status', status: 'Success' };
    const told = describePolicyWrite(audited('ClusterPolicy', { verb: 'delete', requestObject, responseObject }));
    expect(told)
      .to.include({ verb: 'delete', user: 'somebody', name: 'registry-mirrors' })
      .and.not.include.keys('mirrors');
  });
});
