import { expect } from 'chai';
import fc from 'fast-check';
import { formatMark, parseMark } from '../../../../src/harbor/mark.js';
import { describeAction } from '../../../../src/mirror/plan/actions.js';
import type { HarborPlan } from '../../../../src/mirror/plan/plan-input.js';
import { desired, HarborModel, ourMark } from './model.js';
import { cases, inSync, theirs } from './plan-cases.js';

function kinds(plan: HarborPlan): readonly string[] {
  return plan.actions.map(({ kind }) => kind);
}

function reason(plan: HarborPlan): string {
  return plan.verdict.kind === 'ready' ? 'ready' : plan.verdict.reason;
}

describe('planning what to write to Harbor', () => {
  for (const { title, given, actions, reason: expected } of cases) {
    it(title, () => {
      const harbor = new HarborModel();
      const plan = harbor.plan(given(harbor));
      expect(kinds(plan)).to.deep.equal(actions);
      expect(reason(plan)).to.equal(expected);
    });
  }

  it('sends the credentials along with a new url, even where there are none: Harbor would send the old ones', () => {
    const harbor = new HarborModel();
    inSync(harbor);
    const [action] = harbor.plan({ desired: { ...desired, url: 'http://quay.io' } }).actions;
    expect(action).to.deep.include({ kind: 'UpdateEndpoint' });
    expect(action?.kind === 'UpdateEndpoint' && action.update).to.include({ url: 'http://quay.io', credentials: null });
  });

  it('adopts by the mark alone, and leaves a private project private', () => {
    const harbor = new HarborModel();
    const { id: registryId } = harbor.endpoint({ description: 'by hand' });
    harbor.project({ registryId, metadata: { public: 'false' } });
    const plan = harbor.plan({ adoptionPolicy: 'Adopt', desired: { ...desired, description: 'by hand' } });
    expect(plan.actions).to.have.length(1);
    expect(plan.hold).to.equal('adopted');
    harbor.carryOut(plan.actions);
    const marked = parseMark(harbor.view.endpointById(registryId)?.description ?? '');
    expect(marked.userText).to.equal('by hand');
    expect(marked.mark).to.deep.equal({ ...ourMark, endpoint: 'adopted', project: 'adopted', upstream: 'quay.io' });
  });

  it('makes an adopted project public only where the spec itself says so, and then again and again', () => {
    const harbor = new HarborModel();
    const { id: registryId } = harbor.endpoint();
    harbor.project({ registryId, metadata: { public: 'false' } });
    const adopted = { ...ourMark, endpoint: 'adopted', project: 'adopted' } as const;
    harbor.carryOut([
      { kind: 'UpdateEndpoint', id: registryId, update: { description: formatMark('', adopted) }, why: 'test' },
    ]);
    expect(harbor.plan().actions).to.deep.equal([]);
    const stated = harbor.plan({ desired: { ...desired, statesPublic: true } }).actions;
    expect(stated).to.containSubset([{ kind: 'UpdateProject', metadata: { public: 'true' } }]);
  });

  it('leaves the credentials and the certificate of an adopted endpoint alone where the spec names none', () => {
    const harbor = new HarborModel();
    const { id: registryId } = harbor.endpoint({ description: '', accessKey: 'by-hand', caCertificate: 'PEM' });
    harbor.project({ registryId });
    const input = { adoptionPolicy: 'Adopt' } as const;
    harbor.carryOut(harbor.plan(input).actions);
    expect(harbor.view.endpointById(registryId)).to.include({ accessKey: 'by-hand', caCertificate: 'PEM' });
    expect(harbor.plan(input).actions).to.deep.equal([]);
  });

  it('names its endpoint after the project; with a hash where that is taken, or too long', () => {
    const name = (plan: HarborPlan): string => {
      const [action] = plan.actions;
      return action?.kind === 'CreateEndpoint' ? action.endpoint.name : '';
    };
    const harbor = new HarborModel();
    expect(name(harbor.plan())).to.equal('quay');
    harbor.endpoint({ description: 'foreign' });
    expect(name(harbor.plan())).to.match(/^quay-[0-9a-f]{8}$/);
    const long = name(harbor.plan({ desired: { ...desired, projectName: 'a'.repeat(80) } }));
    expect(long)
      .to.match(/^a+-[0-9a-f]{8}$/)
      .and.have.length(64);
  });

  it('describes each action without a secret', () => {
    const credentials = { accessKey: 'reader', accessSecret: 'do-not-show' };
    const plan = new HarborModel().plan({ desired: { ...desired, secrets: { credentials, hmac: 'h' } } });
    expect(plan.actions.map(describeAction).join(' ')).to.include('quay').and.not.include('do-not-show');
  });

  it('has nothing left to do once a plan is carried out, whatever was there', () => {
    const endpoint = fc.record({
      description: fc.constantFrom(formatMark('', ourMark), theirs, 'by hand', ''),
      type: fc.constantFrom('docker-registry', 'quay', 'harbor'),
      url: fc.constantFrom('https://quay.io', 'http://quay.io', 'https://elsewhere.io'),
      insecure: fc.boolean(),
      name: fc.constantFrom('quay', 'other', 'quay-0123abcd'),
      projects: fc.array(fc.constantFrom('quay', 'other', 'third'), { maxLength: 2 }),
    });
    const wish = fc.record({
      insecure: fc.boolean(),
      metadata: fc.constantFrom({}, { auto_scan: 'true' }, { public: 'false' }),
      description: fc.constantFrom('', 'Quay'),
    });
    const policy = fc.constantFrom('Refuse' as const, 'Use' as const, 'Adopt' as const);
    fc.assert(
      fc.property(fc.array(endpoint, { maxLength: 3 }), wish, policy, (endpoints, wanted, adoptionPolicy) => {
        const harbor = new HarborModel();
        const taken = new Set<string>();
        for (const { projects, name, ...rest } of endpoints) {
          if (harbor.view.endpointByName(name) !== undefined) continue;
          const { id: registryId } = harbor.endpoint({ name, ...rest });
          for (const project of projects.filter((candidate) => !taken.has(candidate))) {
            taken.add(project);
            harbor.project({ registryId, name: project });
          }
        }
        const input = { desired: { ...desired, ...wanted }, adoptionPolicy };
        const first = harbor.plan(input);
        harbor.carryOut(first.actions);
        // An endpoint of ours that is in nobody's way may take a look of its own to go.
        const second = harbor.plan(input);
        harbor.carryOut(second.actions);
        expect(second.actions.filter(({ kind }) => kind !== 'DeleteEndpoint')).to.deep.equal([]);
        expect(kinds(harbor.plan(input)).filter((kind) => kind !== 'DeleteEndpoint')).to.deep.equal([]);
      }),
      { numRuns: 500 },
    );
  });
});
