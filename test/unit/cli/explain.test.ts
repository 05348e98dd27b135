import { expect } from 'chai';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { line } from '../../../src/cli/explain/command.js';
import { explainPod } from '../../../src/cli/explain/explain.js';
import { servedEntries } from '../../../src/cli/explain/in-force.js';
import type { Pod } from '../../../src/cli/explain/pod.js';
import type { PodContext } from '../../../src/cli/explain/pod-rules.js';
import { hub, mirror, policiesOf, SINCE } from './explained-mirrors.js';

interface Case {
  readonly sentence: string;
  readonly image?: string;
  readonly mirrors?: readonly RegistryMirror[];
  /** Mirrors that are in no policy. */
  readonly idle?: readonly RegistryMirror[];
  readonly pod?: object;
  /** Default: one container c with the image. */
  readonly spec?: Pod['spec'];
  readonly namespace?: string;
  readonly namespaceLabels?: Readonly<Record<string, string>>;
  readonly pullSecrets?: PodContext['pullSecrets'];
  readonly exists?: boolean;
  readonly expected: string;
}

const stays = (reason: string): string => `container c: nginx stays as it is (mirror hub): ${reason}`;

const TEAM = mirror('team', { upstream: { type: 'docker-hub' }, rewrite: { repositories: { include: ['team/**'] } } }, [
  { reason: 'SecretNotFound', message: 'no Secret.' },
]);
const TEAM_IS_OUT = 'one that names it more closely is out: mirror team is in no policy (SecretNotFound): no Secret';

const ID = `sha256:${'a'.repeat(64)}`;
const LONG = `x/${'a'.repeat(250)}`;

const cases: readonly Case[] = [
  {
    sentence: 'a Pod that would be rewritten',
    exists: false,
    expected: 'container c: nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'a Pod that goes through another mirror, since the one that names its image more closely is out',
    exists: false,
    idle: [TEAM],
    image: 'team/app',
    expected: `container c: team/app would become h.test/hub/team/app (mirror hub); ${TEAM_IS_OUT}`,
  },
  {
    sentence: 'a Pod that went through another mirror for that',
    image: 'h.test/hub/team/app',
    idle: [TEAM],
    pod: { annotations: { 'registrymirror.io/original-images': '{"c":"team/app"}' } },
    expected: `container c: team/app -> h.test/hub/team/app (mirror hub); ${TEAM_IS_OUT}`,
  },
  {
    sentence: 'an image that a mirror which is out does not name more closely',
    exists: false,
    idle: [TEAM],
    expected: 'container c: nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'a namespace that the operator excludes by glob',
    namespace: 'kube-system',
    expected: stays('the operator excludes the namespace kube-system (EXCLUDED_NAMESPACES)'),
  },
  {
    sentence: 'a namespace that the operator excludes by name',
    namespace: 'harbor',
    expected: stays('the operator excludes the namespace harbor (EXCLUDED_NAMESPACES)'),
  },
  {
    sentence: 'a namespace that opted out',
    namespaceLabels: { 'registrymirror.io/rewrite': 'disabled' },
    expected: stays('the namespace shop is labelled registrymirror.io/rewrite=disabled'),
  },
  {
    sentence: 'a Pod that opted out',
    pod: { labels: { 'registrymirror.io/rewrite': 'disabled' } },
    expected: stays('the Pod is labelled registrymirror.io/rewrite=disabled'),
  },
  {
    sentence: 'a static Pod',
    pod: { annotations: { 'kubernetes.io/config.mirror': 'x' } },
    expected: stays("it is a static Pod: its file on the node decides, not the API server's copy"),
  },
  {
    sentence: 'a namespace that is not selected',
    mirrors: [hub({ namespaceSelector: { matchLabels: { tier: 'web' } } })],
    expected: stays('rewrite.namespaceSelector asks for namespaces with tier=web, and shop is none'),
  },
  {
    sentence: 'a Pod that is not selected',
    mirrors: [hub({ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['a', 'b'] }] } })],
    pod: { labels: { app: 'c' } },
    expected: stays('rewrite.podSelector asks for Pods with app in (a, b), and this is none'),
  },
  {
    sentence: 'a pull secret of the Pod’s own',
    pullSecrets: { names: ['mine', 'yours'] },
    expected: stays(
      "the Pod has the pull secrets mine, yours of its own, which Harbor can't pass on (rewrite.podsWithPullSecrets is Skip)",
    ),
  },
  {
    sentence: 'a pull secret of its ServiceAccount',
    pullSecrets: { names: ['team'], serviceAccount: 'builder' },
    expected: stays(
      "the Pod has the pull secret team from its ServiceAccount builder, which Harbor can't pass on (rewrite.podsWithPullSecrets is Skip)",
    ),
  },
  {
    sentence: 'a pull secret where the mirror rewrites all the same',
    mirrors: [hub({ podsWithPullSecrets: 'Rewrite' })],
    pullSecrets: { names: ['mine'] },
    exists: false,
    expected: 'container c: nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'a repository that is left out',
    mirrors: [hub({ repositories: { exclude: ['library/*'] } })],
    expected: 'container c: nginx stays as it is: rewrite.repositories of hub leaves out library/nginx',
  },
  {
    sentence: 'a host that no mirror serves',
    image: 'ghcr.io/a/b',
    expected: 'container c: ghcr.io/a/b stays as it is: no mirror serves ghcr.io',
  },
  {
    sentence: 'a name that is no image name',
    image: 'Nginx:',
    expected: 'container c: "Nginx:" stays as it is: it is no valid image name: there is no tag after the colon',
  },
  {
    sentence: 'a mirror that rewrites nothing',
    mirrors: [],
    idle: [hub({ engine: 'None' })],
    expected: stays('rewrite.engine of mirror hub is None'),
  },
  {
    sentence: 'a mirror that lost its host',
    mirrors: [],
    idle: [mirror('hub', { upstream: { type: 'docker-hub' } }, [{ reason: 'HostConflict', message: 'old has it.' }])],
    expected: stays('mirror hub lost its host to another: old has it'),
  },
  {
    sentence: 'a mirror whose Harbor is down',
    mirrors: [],
    idle: [
      mirror('hub', { upstream: { type: 'docker-hub' } }, [{ reason: 'HarborUnreachable', message: 'no answer.' }]),
    ],
    expected: stays('mirror hub is withdrawn while Harbor is down: no answer'),
  },
  {
    sentence: 'a mirror that is out as long as its upstream is',
    mirrors: [],
    idle: [
      mirror('hub', { upstream: { type: 'docker-hub' } }, [
        { reason: 'UpstreamUnhealthy', message: 'New Pods pull from the original registry.' },
        { type: 'PolicyReady', reason: 'Withdrawn' },
      ]),
    ],
    expected: stays('mirror hub is withdrawn: New Pods pull from the original registry'),
  },
  {
    sentence: 'a mirror whose upstream has been down from the start',
    mirrors: [],
    idle: [
      mirror('hub', { upstream: { type: 'docker-hub' } }, [
        { reason: 'UpstreamUnhealthy', message: 'It is down.' },
        { type: 'PolicyReady', reason: 'NotIncluded' },
      ]),
    ],
    expected: stays('mirror hub is in no policy (UpstreamUnhealthy): It is down'),
  },
  {
    sentence: 'a mirror that waits',
    mirrors: [],
    idle: [mirror('hub', { upstream: { type: 'docker-hub' } }, [{ reason: 'SecretNotFound', message: 'no Secret.' }])],
    expected: stays('mirror hub is in no policy (SecretNotFound): no Secret'),
  },
  {
    sentence: 'a mirror that nobody has looked at yet',
    mirrors: [],
    idle: [mirror('hub', { upstream: { type: 'docker-hub' } })],
    expected: stays('mirror hub is in no policy (NotChecked): the operator has not looked at it yet'),
  },
  {
    sentence: 'a Pod that is older than the policy',
    pod: { creationTimestamp: '2026-01-01T00:00:00Z' },
    expected: stays(
      `the Pod was created at 2026-01-01T00:00:00Z, before the policy was in force (${SINCE}); a new Pod would be rewritten`,
    ),
  },
  {
    sentence: 'a Pod that nothing explains any more',
    pod: { creationTimestamp: '2026-01-03T00:00:00Z' },
    expected: stays(
      'a new Pod would be rewritten by mirror hub; when this one was created the mirror or the Pod was different, ' +
        'or Kyverno was away (rewrite.failurePolicy Ignore)',
    ),
  },
  {
    sentence: "Istio's placeholder",
    image: 'auto',
    expected:
      "container c: auto stays as it is (mirror hub): a bare auto is Istio's placeholder, which its injector replaces",
  },
  {
    sentence: 'a name with a pull prefix in its path already',
    image: 'docker.io/h.test/hub/library/nginx',
    expected:
      'container c: docker.io/h.test/hub/library/nginx stays as it is (mirror hub): ' +
      'its path begins with the pull prefix of a mirror already: another policy put its own host in front',
  },
  {
    sentence: "an image's id",
    image: ID,
    expected: `container c: ${ID} stays as it is (mirror hub): it is an image's id, which runtimes look for on the node and never pull`,
  },
  {
    sentence: 'a name that would be too long',
    image: LONG,
    expected:
      `container c: ${LONG} stays as it is (mirror hub): ` +
      'its path would be over 255 characters with the project in front, which no registry takes',
  },
  {
    sentence: 'an image that is never pulled',
    spec: { containers: [{ name: 'c', image: 'nginx', imagePullPolicy: 'Never' }] },
    exists: false,
    expected: stays('its pull policy is Never: it must be on the node under this name'),
  },
  {
    sentence: 'an image volume that is never pulled',
    spec: { volumes: [{ name: 'v', image: { reference: 'nginx', pullPolicy: 'Never' } }] },
    exists: false,
    expected:
      'volume v: nginx stays as it is (mirror hub): its pull policy is Never: it must be on the node under this name',
  },
  {
    sentence: 'a pull secret that is to be ignored',
    mirrors: [hub({ ignorePullSecrets: ['*-dockercfg-*'] })],
    pullSecrets: { names: ['app-dockercfg-x7k2p'], serviceAccount: 'app' },
    exists: false,
    expected: 'container c: nginx would become h.test/hub/library/nginx (mirror hub)',
  },
  {
    sentence: 'a pull secret besides one that is to be ignored',
    mirrors: [hub({ ignorePullSecrets: ['*-dockercfg-*'] })],
    pullSecrets: { names: ['app-dockercfg-x7k2p', 'mine'] },
    expected: stays(
      "the Pod has the pull secret mine of its own, which Harbor can't pass on (rewrite.podsWithPullSecrets is Skip)",
    ),
  },
  {
    sentence: 'a pull secret that may have come after the rewrite',
    pod: { annotations: { 'registrymirror.io/original-images': '{"other":"redis"}' } },
    pullSecrets: { names: ['late-secret'] },
    expected: stays(
      "the Pod has the pull secret late-secret of its own, which Harbor can't pass on (rewrite.podsWithPullSecrets is Skip); " +
        'another policy or webhook may have added it after this policy ran',
    ),
  },
  {
    sentence: 'what a later webhook may have added to a Pod that a MutatingPolicy rewrote',
    mirrors: [hub({ engine: 'MutatingPolicy' })],
    pod: { annotations: { 'registrymirror.io/original-images': '{"main":"redis"}' } },
    expected: stays(
      'a new Pod would be rewritten; a later webhook may have added this image after this policy ran, and Kyverno never asks a MutatingPolicy again; ' +
        'or else the mirror or the Pod was different when this one was created',
    ),
  },
];

describe('registry-mirror explain', () => {
  for (const { sentence, mirrors = [hub()], idle = [], expected, ...given } of cases) {
    it(`explains ${sentence}`, () => {
      const { image = 'nginx', namespace = 'shop', namespaceLabels = {}, pullSecrets = { names: [] } } = given;
      const spec: Pod['spec'] = given.spec ?? { containers: [{ name: 'c', image }] };
      const pod: Pod = { metadata: { name: 'p', ...given.pod }, spec };
      const all = [...mirrors, ...idle];
      const served = servedEntries(all, policiesOf(mirrors));
      const situation = { mirrors: all, served, exists: given.exists ?? true };
      expect(explainPod({ pod, namespace, namespaceLabels, pullSecrets }, situation).map(line)).to.deep.equal([
        expected,
      ]);
    });
  }
});
