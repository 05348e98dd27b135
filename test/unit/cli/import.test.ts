import { expect } from 'chai';
import { readHandMade } from '../../../src/cli/import/hand-made.js';
import { importMirror } from '../../../src/cli/import/mirror.js';
import type { ProxyProject } from '../../../src/cli/import/proxy-project.js';
import { upstreamOf } from '../../../src/cli/import/upstream.js';
import { formatMark } from '../../../src/harbor/mark.js';
import type { Endpoint, Retention } from '../../../src/harbor/types.js';

const endpoint = (type: string, url: string, more: Partial<Endpoint> = {}): Endpoint => ({
  id: 1,
  name: 'up',
  type,
  url,
  description: '',
  insecure: false,
  status: 'healthy',
  ...more,
});
const keepsDays = (days: number): Retention => ({
  id: 1,
  projectId: 1,
  daysSinceLastPull: days,
  keepsAll: false,
  schedule: '0 0 0 * * *',
  ruleCount: 1,
});
const found = (more: Partial<ProxyProject> = {}, metadata: Readonly<Record<string, string>> = {}): ProxyProject => ({
  project: { id: 1, name: 'up', registryId: 1, metadata: { public: 'true', ...metadata }, repositoryCount: 0 },
  endpoint: endpoint('docker-registry', 'https://r.test'),
  sharedWith: [],
  retention: keepsDays(7),
  ...more,
});
const options = { namespace: 'ns', clusterId: 'here', policies: [], excludedNamespaces: ['kube-*'] };

describe('registry-mirror import', () => {
  const upstreams: readonly [Endpoint, object | string][] = [
    [endpoint('docker-hub', 'https://hub.docker.com'), { type: 'docker-hub' }],
    [endpoint('docker-hub', 'https://whatever.test'), { type: 'docker-hub' }],
    [endpoint('docker-registry', 'https://quay.io'), { type: 'quay' }],
    [endpoint('docker-registry', 'https://registry.gitlab.com/'), { type: 'gitlab' }],
    [endpoint('quay', 'https://quay.io'), { type: 'quay' }],
    [endpoint('quay', 'https://quay.r.test'), { type: 'quay', url: 'https://quay.r.test' }],
    [endpoint('github-ghcr', 'https://ghcr.io'), { type: 'github-ghcr' }],
    [endpoint('docker-registry', 'https://ghcr.io'), { type: 'docker-registry', url: 'https://ghcr.io' }],
    [endpoint('docker-registry', 'http://r.test:5000/'), { type: 'docker-registry', url: 'http://r.test:5000' }],
    [
      endpoint('docker-registry', 'https://registry-1.docker.io'),
      { type: 'docker-registry', url: 'https://registry-1.docker.io', hosts: ['docker.io'] },
    ],
    [endpoint('google-gcr', 'https://gcr.io', { accessKey: '_json_key' }), { type: 'google-gcr' }],
    [endpoint('google-gcr', 'https://gcr.io'), "can't use type google-gcr without credentials"],
    [endpoint('docker-registry', 'https://r.test/prefix'), 'has a path'],
    [endpoint('docker-registry', 'http://registry'), 'no image name can begin with'],
    [endpoint('helm-hub', 'https://r.test'), 'no type for endpoints of type helm-hub'],
  ];
  for (const [given, expected] of upstreams) {
    it(`takes ${given.type} at ${given.url}${given.accessKey === undefined ? '' : ' with credentials'} for what it is`, () => {
      const read = upstreamOf(given);
      if (typeof expected === 'string') expect(read).to.have.property('problem').that.includes(expected);
      else expect(read).to.deep.equal({ ok: true, upstream: expected });
    });
  }

  const settings: readonly [string, ProxyProject, object][] = [
    ['nothing of a new project', found(), {}],
    ['that a project is private', found({}, { public: 'false' }), { public: false }],
    ['a quota', found({ quota: 3 * 2 ** 40 }), { storageQuota: '3Ti' }],
    ['a quota in odd bytes', found({ quota: 1001 }), { storageQuota: 1001 }],
    ['no quota where there is none', found({ quota: -1 }), {}],
    ['a bandwidth limit', found({}, { proxy_speed_kb: '100' }), { bandwidthLimit: 12800 }],
    ['no limit where there is none', found({}, { proxy_speed_kb: '-1', max_upstream_conn: '-1' }), {}],
    ['that all is kept', found({ retention: 'none' }), { retention: { keep: 'All' } }],
    ['other days', found({ retention: keepsDays(3) }), { retention: { daysSinceLastPull: 3 } }],
    [
      'that deleted tags are served',
      found({}, { proxy_cache_local_on_not_found: 'true' }),
      { serveCachedWhenDeletedUpstream: true },
    ],
  ];
  for (const [sentence, given, expected] of settings) {
    it(`states ${sentence}`, () => {
      const imported = importMirror(given, 'up', options);
      if (!imported.ok) throw new Error(imported.problem);
      expect(imported.mirror.spec.project ?? {}).to.deep.equal(expected);
    });
  }

  const mark = { cluster: 'there', mirror: 'x', endpoint: 'created', project: 'created' } as const;
  const used: readonly [string, ProxyProject, string][] = [
    ['an endpoint is shared', found({ sharedWith: ['b'] }), 'also serves b'],
    [
      'another cluster owns it',
      found({ endpoint: endpoint('docker-registry', 'https://r.test', { description: formatMark('', mark) }) }),
      'of the cluster there owns',
    ],
    [
      'the description can’t be kept',
      found({ endpoint: endpoint('docker-registry', 'https://r.test', { description: 'a\u0007' }) }),
      "can't hold its endpoint's description",
    ],
  ];
  for (const [sentence, given, note] of used) {
    it(`uses and doesn't adopt where ${sentence}`, () => {
      const imported = importMirror(given, 'up', options);
      if (!imported.ok) throw new Error(imported.problem);
      expect(imported.mirror.spec.adoptionPolicy).to.equal('Use');
      expect(imported.notes.join('\n')).to.include(note);
    });
  }

  const learned: readonly [string, readonly string[], readonly string[] | undefined][] = [
    ['states the hosts that a hand-made policy sends here', ['mirror.r.test'], ['mirror.r.test']],
    ['does not state hosts that are the default', ['r.test'], undefined],
  ];
  for (const [sentence, hosts, expected] of learned) {
    it(sentence, () => {
      const targets = [{ project: 'up', hosts }];
      const policy = { name: 'p', targets, excludedNamespaces: [], ignoresFailures: false, faults: [] };
      const imported = importMirror(found(), 'up', { ...options, policies: [policy] });
      if (!imported.ok) throw new Error(imported.problem);
      expect((imported.mirror.spec.upstream as { hosts?: unknown }).hosts).to.deep.equal(expected);
    });
  }

  it('gives a CA certificate along as a Secret, since Harbor tells it', () => {
    const secured = endpoint('docker-registry', 'https://r.test', { caCertificate: 'PEM' });
    const imported = importMirror(found({ endpoint: secured }), 'up', options);
    if (!imported.ok) throw new Error(imported.problem);
    expect(imported.mirror.spec.upstream).to.deep.include({ caCertificateSecretRef: { name: 'up-upstream-ca' } });
    expect(imported.secrets).to.have.length(1);
  });

  it('never puts what a shell would read into a command', () => {
    const hostile = endpoint('docker-registry', 'https://r.test', { accessKey: "a'; rm -rf ~; '" });
    const imported = importMirror(found({ endpoint: hostile }), 'up', options);
    expect(JSON.stringify(imported)).to.not.include('rm -rf');
  });

  describe('reading hand-made policies', () => {
    const policy = (rule: object, metadata: object = {}): Parameters<typeof readHandMade>[0] =>
      ({ metadata: { name: 'p', ...metadata }, spec: { rules: [rule] } }) as never;
    const mutate = (image: string, more: object = {}): object => ({
      mutate: { foreach: [{ patchStrategicMerge: { spec: { containers: [{ image }] } }, ...more }] },
    });

    const forms: readonly [string, object, readonly string[]][] = [
      [
        'a pattern',
        mutate(String.raw`{{ regex_replace_all('^docker\.io/(.*)$', element.image, 'h.test/hub/$1') }}`),
        ['docker.io'],
      ],
      [
        'a pattern with several hosts',
        mutate(String.raw`{{ regex_replace_all('(quay\.io|index\.docker\.io)/', '@', 'h.test/hub/') }}`),
        ['quay.io', 'docker.io'],
      ],
      ['a plain replacement', mutate(`{{ replace_all('{{element.image}}', 'ghcr.io', 'h.test/hub') }}`), ['ghcr.io']],
      [
        'a precondition',
        mutate('h.test/hub/{{ images.containers."{{element.name}}".path }}', {
          preconditions: { all: [{ key: '{{ x }}', operator: 'In', value: ['registry.k8s.io'] }] },
        }),
        ['registry.k8s.io'],
      ],
      ['no host at all', mutate('h.test/hub/{{ images.containers."{{element.name}}".path }}'), []],
    ];
    for (const [sentence, rule, hosts] of forms) {
      it(`finds the hosts in ${sentence}`, () => {
        expect(readHandMade(policy(rule), ['h.test'])?.targets).to.deep.equal([{ project: 'hub', hosts }]);
      });
    }

    it('finds the namespaces that are left out', () => {
      const rule = {
        ...mutate('h.test/hub/x'),
        exclude: { any: [{ resources: { namespaces: ['a', 'b'] } }] },
        preconditions: { all: [{ key: '{{ request.namespace }}', operator: 'AnyNotIn', value: ['c'] }] },
      };
      expect(readHandMade(policy(rule), ['h.test'])?.excludedNamespaces).to.deep.equal(['a', 'b', 'c']);
    });

    it('passes over policies that have nothing to do with this Harbor, and the operator’s own', () => {
      const own = { labels: { 'registrymirror.io/managed-by': 'registry-mirror-operator' } };
      expect(readHandMade(policy(mutate('other.test/hub/x')), ['h.test'])).to.equal(undefined);
      expect(readHandMade(policy(mutate('h.test/hub/x'), own), ['h.test'])).to.equal(undefined);
    });

    it('tells the usual faults', () => {
      const rule = mutate("{{ regex_replace_all('docker.io/(.*)', element.image, 'h.test/hub/$1') }}");
      expect(readHandMade(policy(rule), ['h.test'])?.faults).to.deep.equal([
        'changes Deployments and other controllers, too (autogen), so that Git and the cluster differ',
        'leaves out initContainers, ephemeralContainers, volumes',
        'has a pattern that is not anchored by ^',
        'has a pattern whose dots match any character',
        "rewrites Pods with pull secrets, which Harbor can't pass on",
      ]);
    });
  });
});
