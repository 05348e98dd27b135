import { expect } from 'chai';
import { findCondition } from '../../../../src/api/conditions.js';
import type { ConditionType } from '../../../../src/api/conditions.js';
import type { RegistryMirrorStatus } from '../../../../src/api/registry-mirror.js';
import type { Endpoint, Project } from '../../../../src/harbor/types.js';
import { summarise } from '../../../../src/mirror/status/summarise.js';
import type { HarborFindings } from '../../../../src/mirror/look/findings.js';
import type { SummaryInput } from '../../../../src/mirror/status/summarise.js';
import { READY, stalled, waiting } from '../../../../src/api/verdict.js';
import { mirror } from '../mirror.js';

const endpoint: Endpoint = {
  id: 7,
  name: 'quay',
  type: 'docker-registry',
  url: 'https://quay.io',
  description: '',
  insecure: false,
  status: 'healthy',
};
const project: Project = { id: 12, name: 'quay', registryId: 7, metadata: {}, repositoryCount: 0 };
const harbor: HarborFindings = {
  url: 'https://harbor',
  clusterId: 'cluster-a',
  pullPrefix: 'harbor/quay',
  reachable: true,
  endpoint,
  project,
  hold: 'created',
  unsupported: [],
};
const policy = { kind: 'ClusterPolicy', name: 'registry-mirrors-x' } as const;
const NOW = '2026-06-01T00:00:00.000Z';

function summary(input: Partial<SummaryInput> = {}): RegistryMirrorStatus {
  return summarise({
    mirror: mirror('quay'),
    hosts: ['quay.io'],
    verdict: READY,
    harbor,
    policy: { kind: 'inForce', policy },
    former: { list: [] },
    heldBack: [],
    now: NOW,
    ...input,
  });
}

function said(status: RegistryMirrorStatus, type: ConditionType): string {
  const condition = findCondition(status.conditions, type);
  return condition === undefined ? 'absent' : `${condition.status} ${condition.reason}`;
}

const exposed = 'Runs in a namespace whose Pods are rewritten: Kyverno in policy.';
const unhealthy = { ...harbor, endpoint: { ...endpoint, status: 'unhealthy' } };
const none = mirror('quay', { spec: { rewrite: { engine: 'None' } } });
const refused = { kind: 'failed', stalled: true, reason: 'PolicyRefused', message: 'no' } as const;

interface Case {
  readonly title: string;
  readonly input: Partial<SummaryInput>;
  readonly says: Partial<Record<ConditionType, string>>;
}

const cases: readonly Case[] = [
  {
    title: 'is Ready where all is in place, and neither Reconciling nor Stalled is there',
    input: {},
    says: {
      Ready: 'True Succeeded',
      EndpointReady: 'True Created',
      ProjectReady: 'True Created',
      PolicyReady: 'True InForce',
      HarborReachable: 'True Healthy',
      UpstreamReachable: 'True Healthy',
      SettingsSupported: 'absent',
      NamespacesExcluded: 'absent',
      ProbeSucceeded: 'absent',
      Reconciling: 'absent',
      Stalled: 'absent',
    },
  },
  {
    title: 'stays Ready where Kyverno runs among the Pods that are rewritten, and warns',
    input: { exposed },
    says: { Ready: 'True Succeeded', NamespacesExcluded: 'False NamespaceNotExcluded' },
  },
  {
    title: 'stays Ready where the cache doesn’t serve the image that it is asked for, and says so',
    input: { probe: { status: 'False', reason: 'ImageNotServed', message: '404' } },
    says: { Ready: 'True Succeeded', ProbeSucceeded: 'False ImageNotServed', Reconciling: 'absent' },
  },
  {
    title: 'is Reconciling while it waits',
    input: { verdict: waiting('SecretNotFound', 'no Secret') },
    says: { Ready: 'False SecretNotFound', Reconciling: 'True SecretNotFound', Stalled: 'absent' },
  },
  {
    title: 'is Stalled where the user has to act, and not Reconciling',
    input: { verdict: stalled('ProjectNotOurs', 'foreign') },
    says: { Ready: 'False ProjectNotOurs', Reconciling: 'absent', Stalled: 'True ProjectNotOurs' },
  },
  {
    title: 'says that Harbor is down',
    input: { harbor: { ...harbor, reachable: false }, verdict: waiting('HarborUnreachable', 'down') },
    says: { Ready: 'False HarborUnreachable', HarborReachable: 'False HarborUnreachable' },
  },
  {
    title: 'stays Ready while the upstream is down: Harbor serves what it has',
    input: { harbor: unhealthy },
    says: { Ready: 'True Succeeded', UpstreamReachable: 'False UpstreamUnhealthy', Reconciling: 'absent' },
  },
  {
    title: 'stays Ready where a write was refused because of the upstream',
    input: { harbor: { ...harbor, upstreamProblem: 'refused' }, verdict: waiting('UpstreamUnhealthy', 'refused') },
    says: { Ready: 'True Succeeded', UpstreamReachable: 'False UpstreamUnhealthy' },
  },
  {
    title: 'is not Ready where the first write was refused because of the upstream',
    input: {
      harbor: { ...harbor, endpoint: null, project: null, upstreamProblem: 'refused' },
      verdict: waiting('UpstreamUnhealthy', 'refused'),
      policy: { kind: 'absent' },
    },
    says: {
      Ready: 'False UpstreamUnhealthy',
      EndpointReady: 'False Missing',
      ProjectReady: 'False Missing',
      PolicyReady: 'False NotIncluded',
      UpstreamReachable: 'False UpstreamUnhealthy',
      Reconciling: 'True UpstreamUnhealthy',
    },
  },
  {
    title: 'waits for the policy',
    input: { policy: { kind: 'pending', forMs: 0, policy } },
    says: { Ready: 'False PolicyPending', PolicyReady: 'False PolicyPending', Reconciling: 'True PolicyPending' },
  },
  {
    title: 'is Stalled where the policy is refused',
    input: { policy: refused },
    says: { Ready: 'False PolicyRefused', PolicyReady: 'False PolicyRefused', Stalled: 'True PolicyRefused' },
  },
  {
    title: 'is Ready without a policy where the engine is None',
    input: { mirror: none, policy: { kind: 'absent' } },
    says: { Ready: 'True Succeeded', PolicyReady: 'True RewriteDisabled' },
  },
  {
    title: 'is not Ready where the engine is None and the policy still has the mirror',
    input: { mirror: none, policy: { kind: 'pending', forMs: 60_000, message: 'The policy still has it: refused' } },
    says: { Ready: 'False PolicyPending', PolicyReady: 'False PolicyPending', Reconciling: 'True PolicyPending' },
  },
  {
    title: 'does not say that Pods are not rewritten where no one knows what the policies have',
    input: { mirror: none, policy: { kind: 'unknown', forMs: 60_000, message: 'forbidden' } },
    says: { Ready: 'Unknown PolicyUnknown', PolicyReady: 'Unknown PolicyUnknown' },
  },
  {
    title: 'says what suspension holds back',
    input: { heldBack: ['update endpoint 7: insecure'] },
    says: { Ready: 'False Suspended', Stalled: 'absent' },
  },
  {
    title: 'says how it holds its project',
    input: { harbor: { ...harbor, hold: 'used' } },
    says: { EndpointReady: 'True Used', ProjectReady: 'True Used' },
  },
  {
    title: 'says which settings this Harbor does not keep, and stays Ready',
    input: { harbor: { ...harbor, unsupported: ['spec.project.bandwidthLimit'] } },
    says: { Ready: 'True Succeeded', SettingsSupported: 'False SettingUnsupported' },
  },
  {
    title: 'warns of a filter in Harbor that leaves out what Pods are sent there for, and stays Ready',
    input: { harbor: { ...harbor, filterWarning: 'Project quay has the filter a/**.' } },
    says: { Ready: 'True Succeeded', RepositoriesServed: 'False FilterNarrower' },
  },
  {
    title: 'calls unknown what was never looked at',
    input: { harbor: undefined, verdict: waiting('Progressing', 'x'), policy: { kind: 'absent' } },
    says: { EndpointReady: 'Unknown NotChecked', HarborReachable: 'Unknown NotChecked' },
  },
];

describe('the status that a look comes to', () => {
  for (const { title, input, says } of cases) {
    it(title, () => {
      const status = summary(input);
      for (const [type, expected] of Object.entries(says)) {
        expect(said(status, type as ConditionType), type).to.equal(expected);
      }
      expect(status.observedGeneration).to.equal(2);
      expect(status.conditions?.every(({ observedGeneration }) => observedGeneration === 2)).to.be.true;
    });
  }

  it('keeps the time of a transition while the status stays, and takes the new one where it changes', () => {
    const first = summary({ now: '2026-01-01T00:00:00.000Z' });
    const second = summary({ mirror: mirror('quay', { status: first }), policy: refused });
    const timeOf = (type: ConditionType): string | undefined =>
      findCondition(second.conditions, type)?.lastTransitionTime;
    expect(timeOf('EndpointReady')).to.equal('2026-01-01T00:00:00.000Z');
    expect(timeOf('Ready')).to.equal(NOW);
    expect(timeOf('Stalled')).to.equal(NOW);
  });

  it('keeps what it said of what was not looked at this time', () => {
    const first = summary({ harbor: unhealthy });
    const second = summary({
      mirror: mirror('quay', { status: first }),
      harbor: undefined,
      verdict: waiting('HarborUnreachable', 'down'),
    });
    expect(said(second, 'UpstreamReachable')).to.equal('False UpstreamUnhealthy');
    expect(second.harbor).to.deep.equal(first.harbor);
    expect(second.pullPrefix).to.equal('harbor/quay');
  });

  it('says what is in use: Harbor’s ids, the policy, the hosts', () => {
    const { harbor: ids, policy: ref, hosts, pullPrefix } = summary();
    expect({ ids, ref, hosts, pullPrefix }).to.deep.equal({
      ids: {
        url: 'https://harbor',
        clusterID: 'cluster-a',
        endpointID: 7,
        endpointType: 'docker-registry',
        projectID: 12,
        projectName: 'quay',
      },
      ref: policy,
      hosts: ['quay.io'],
      pullPrefix: 'harbor/quay',
    });
  });

  it('has no ids of what is gone, and no policy where it is in none', () => {
    const first = summary();
    const second = summary({
      mirror: mirror('quay', { status: first }),
      harbor: { ...harbor, endpoint: null, project: null },
      policy: { kind: 'absent' },
    });
    expect(second.harbor).to.deep.equal({ url: 'https://harbor', clusterID: 'cluster-a', projectName: 'quay' });
    expect(second.policy).to.equal(undefined);
  });

  describe('of a mirror that is out of the policy', () => {
    const down = { ...harbor, reachable: false } as const;
    const verdict = waiting('HarborUnreachable', 'down');
    const policyReady = (status: RegistryMirrorStatus): string => said(status, 'PolicyReady');

    it('says that it was withdrawn where it served before Harbor went down, and until it serves again', () => {
      const serving = summary();
      const leaving = summary({
        mirror: mirror('quay', { status: serving }),
        harbor: down,
        verdict,
        policy: { kind: 'pending', forMs: 0 },
      });
      const out = summary({
        mirror: mirror('quay', { status: leaving }),
        harbor: down,
        verdict,
        policy: { kind: 'absent' },
      });
      const comingBack = summary({
        mirror: mirror('quay', { status: out }),
        verdict: waiting('Progressing', 'reading Harbor'),
        policy: { kind: 'absent' },
      });
      expect([leaving, out, comingBack].map(policyReady)).to.deep.equal(Array(3).fill('False Withdrawn'));
      const messages = [leaving, out].map(({ conditions }) => findCondition(conditions, 'PolicyReady')?.message);
      expect(messages).to.deep.equal([
        'Being taken out of the policy while Harbor is down.',
        'Taken out of the policy while Harbor is down: new Pods pull from upstream.',
      ]);
    });

    it('does not say so of one that never served', () => {
      const fresh = summary({ harbor: down, verdict, policy: { kind: 'absent' } });
      const later = summary({
        mirror: mirror('quay', { status: fresh }),
        harbor: down,
        verdict,
        policy: { kind: 'absent' },
      });
      expect([fresh, later].map(policyReady)).to.deep.equal(Array(2).fill('False NotIncluded'));
    });

    it('does not say so of one that left for another reason', () => {
      const conflict = summary({
        mirror: mirror('quay', { status: summary() }),
        verdict: stalled('HostConflict', 'lost'),
        policy: { kind: 'absent' },
      });
      expect(policyReady(conflict)).to.equal('False NotIncluded');
    });
  });

  it('takes a request as handled', () => {
    const annotations = { 'registrymirror.io/requestedAt': 'now' };
    const status = summary({ mirror: mirror('quay', { metadata: { annotations } }) });
    expect(status.lastHandledReconcileAt).to.equal('now');
    const later = summary({ mirror: mirror('quay', { status }) });
    expect(later.lastHandledReconcileAt).to.equal('now');
  });

  it('cuts a message that the CRD would refuse', () => {
    const status = summary({ verdict: stalled('HarborRefused', 'x'.repeat(5000)) });
    for (const { message } of status.conditions ?? []) expect(message.length).to.be.at.most(2000);
    expect(findCondition(status.conditions, 'Ready')?.message).to.match(/x…$/);
  });
});
