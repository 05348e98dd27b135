import { quay, registry } from './mirror.js';
import type { RefusedCase } from './refused-cases.js';

const url = ['spec.upstream.url', 'Write scheme, host and port only, as in https://registry.example.org'];
const host = ['spec.upstream.hosts[0]', 'is no registry host: write host or host:port, as in quay.io'];
const ecrUrl = 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com';

function withUrl(refuses: string, text: string): RefusedCase {
  // Of a url that is none, nothing is said of its host.
  const saysNot = 'neither a dot nor a port';
  return { refuses, spec: { upstream: { type: 'docker-registry', url: text } }, says: url, saysNot };
}

function withHost(refuses: string, text: string, says: readonly string[] = host): RefusedCase {
  return { refuses, spec: { upstream: { ...quay, hosts: [text] } }, says };
}

function withUpstream(refuses: string, upstream: object, ...says: readonly string[]): RefusedCase {
  return { refuses, spec: { upstream }, says };
}

export const refusedUpstreams: readonly RefusedCase[] = [
  { refuses: 'a mirror without an upstream', spec: {}, says: ['spec.upstream', 'Required value'] },
  withUpstream('an upstream without a type', { url: 'https://quay.io' }, 'spec.upstream.type', 'Required value'),
  withUpstream('an unknown type', { type: 'dockerhub' }, 'spec.upstream.type', '"docker-hub", "docker-registry"'),
  withUpstream('huawei-SWR in small letters', { type: 'huawei-swr' }, 'spec.upstream.type', '"huawei-SWR"'),
  withUpstream(
    'a plain registry without its url',
    { type: 'docker-registry' },
    'spec.upstream.url',
    'Type docker-registry needs the url of the registry',
  ),
  withUpstream('a Harbor without its url', { type: 'harbor' }, 'spec.upstream.url', 'Type harbor needs the url'),
  withUpstream('an ACR without its url', { type: 'azure-acr' }, 'spec.upstream.url', 'Type azure-acr needs the url'),

  withUrl('a url without a scheme', 'registry.example.org'),
  withUrl('a url of another scheme', 'ftp://registry.example.org'),
  withUrl('a url with a password', 'https://user:secret@registry.example.org'),
  withUrl('a url with a path', 'https://registry.example.org/team'),
  withUrl('a url with a slash at its end', 'https://registry.example.org/'),
  withUrl('a url with a query', 'https://registry.example.org?x=1'),
  withUrl('a url with a fragment', 'https://registry.example.org#x'),
  withUrl('a url with a port beyond 65535', 'https://registry.example.org:65536'),
  withUrl('a url with a space', 'https://registry example.org'),
  withUrl('a url with a line break at its end', 'https://registry.example.org\n'),
  withUrl('an empty url', ''),
  ...['10.0.0.300', '10.0.0', '256', '010.0.0.1', 'registry.300', '0x7f.1', '1.2.3.4.5'].map(
    (address): RefusedCase => ({
      refuses: `a url at ${address}, which is read as an IPv4 address and is none`,
      spec: { upstream: { type: 'docker-registry', url: `https://${address}:5000` } },
      says: ['spec.upstream.url', 'write four numbers from 0 to 255, as in https://10.0.0.30, or a name'],
    }),
  ),
  ...['::::', '1:2:3', '12345::'].map((address): RefusedCase => ({
    refuses: `a url at [${address}], which is no IPv6 address`,
    spec: { upstream: { type: 'docker-registry', url: `https://[${address}]` } },
    says: ['spec.upstream.url', 'is no IPv6 address'],
  })),
  {
    refuses: 'a Harbor at an address that is none',
    spec: { upstream: quay, harbor: { url: 'https://10.0.0.300', credentialsSecretRef: { name: 'harbor' } } },
    says: ['spec.harbor.url', 'write four numbers from 0 to 255'],
  },
  ...['https://hub.docker.com', 'https://docker.io', 'https://www.docker.com', 'https://Hub.Docker.Com:443'].map(
    (website): RefusedCase => ({
      refuses: `a plain registry at ${website}, which is a website`,
      spec: { upstream: { type: 'docker-registry', url: website, hosts: ['docker.io'] } },
      says: [
        'spec.upstream.url',
        'use type docker-hub without a url',
        'https://registry-1.docker.io with hosts [docker.io]',
      ],
    }),
  ),
  withUpstream(
    "the ECR's gallery, which is a website",
    { type: 'docker-registry', url: 'https://gallery.ecr.aws' },
    'spec.upstream.url',
    'use type docker-registry at https://public.ecr.aws',
  ),
  withUpstream(
    'GitHub instead of its registry',
    { type: 'github-ghcr', url: 'https://github.com' },
    'spec.upstream.url',
    'for https://ghcr.io',
  ),
  withUpstream(
    'GitLab instead of its registry',
    { type: 'docker-registry', url: 'https://gitlab.com' },
    'spec.upstream.url',
    'for https://registry.gitlab.com',
  ),
  withUpstream(
    'Artifact Registry as a Container Registry',
    { type: 'google-gcr', url: 'https://europe-docker.pkg.dev', credentialsSecretRef: { name: 'gar' } },
    'spec.upstream.url',
    'use type docker-registry at https://LOCATION-docker.pkg.dev; project and repository are part of the image names',
  ),
  withUpstream(
    'Artifact Registry with the project in its url',
    { type: 'docker-registry', url: 'https://europe-docker.pkg.dev/my-project' },
    'spec.upstream.url',
    'What comes behind the host is part of the image names.',
  ),
  withUpstream(
    'an overlong url',
    { type: 'docker-registry', url: `https://${'a'.repeat(260)}.org` },
    'spec.upstream.url',
    'may not be more than 267',
  ),
  withUpstream(
    'Docker Hub at a url of its own, which Harbor would ignore',
    { type: 'docker-hub', url: 'https://docker.example.org' },
    'spec.upstream.url',
    'leave url out, or use type docker-registry',
  ),
  withUpstream(
    'an ECR url of another form',
    { type: 'aws-ecr', url: 'https://public.ecr.aws', credentialsSecretRef: { name: 'ecr' } },
    'spec.upstream.url',
    'https://ACCOUNT.dkr.ecr.REGION.amazonaws.com',
    'use type docker-registry for public.ecr.aws',
  ),
  withUpstream(
    'an ECR without credentials',
    { type: 'aws-ecr', url: ecrUrl },
    'spec.upstream.credentialsSecretRef',
    "Harbor can't use type aws-ecr without credentials",
  ),
  withUpstream(
    'a GCR without credentials',
    { type: 'google-gcr' },
    'spec.upstream.credentialsSecretRef',
    'use type docker-registry for public images',
  ),

  withHost('a host with a scheme', 'https://quay.io'),
  withHost('a host with a path', 'quay.io/prometheus'),
  withHost('a host with an underscore', 'my_registry.example.org'),
  withHost('a host that begins with a dash', '-quay.io'),
  withHost('a host with an empty label', 'quay..io'),
  withHost('a host with a dot at its end', 'quay.io.'),
  withHost('a host with port 0', 'quay.io:0'),
  withHost('a host with a port beyond 65535', 'quay.io:70000'),
  withHost('a host with a wildcard', '*.example.org'),
  withHost('a host with a space in front', ' quay.io'),
  // A text with a line break can't be quoted in a message, so the general one is given.
  withHost('a host with a line break at its end', 'quay.io\n', ['spec.upstream.hosts[0]', 'Write host or host:port']),
  withHost('a host with letters beyond ASCII', 'régistry.example.org'),
  withHost('a host with a quote, which could end a string in a policy', "quay.io'"),
  withHost('a host with an expression, which a policy might evaluate', '{{x}}.example.org'),
  withHost('a host with a regular expression', '.*'),
  withHost('a host with a backslash', 'quay\\.io'),
  withHost('an empty host', ''),
  withHost('a host that runtimes would take for a folder on Docker Hub', 'quay', [
    'spec.upstream.hosts[0]',
    "'quay' is never read as a registry host in an image name: it needs a dot or a port",
  ]),
  withUpstream('an empty list of hosts', { ...quay, hosts: [] }, 'spec.upstream.hosts', 'at least 1 items'),
  withUpstream(
    'a host twice',
    { ...quay, hosts: ['quay.io', 'quay.io'] },
    'spec.upstream.hosts[1]',
    'Duplicate value: "quay.io"',
  ),
  withUpstream(
    'Docker Hub under both of its names',
    { type: 'docker-hub', hosts: ['docker.io', 'index.docker.io'] },
    'spec.upstream.hosts',
    'docker.io and index.docker.io are the same registry: keep docker.io.',
  ),
  withUpstream(
    '17 hosts',
    { ...quay, hosts: Array.from({ length: 17 }, (_, i) => `r${i}.example.org`) },
    'spec.upstream.hosts',
    'must have at most 16 items',
  ),
  withUpstream(
    'a url whose host no image name can begin with, without hosts',
    { type: 'docker-registry', url: 'http://registry' },
    'spec.upstream.hosts',
    'set hosts to what stands in front of the image names',
  ),

  withUpstream(
    'a CA certificate beside skipped verification',
    { ...registry, insecureSkipTLSVerify: true, caCertificateSecretRef: { name: 'ca' } },
    'spec.upstream.insecureSkipTLSVerify',
    'not both',
  ),
  withUpstream(
    'a CA certificate for plain http',
    { type: 'docker-registry', url: 'http://registry.example.org', caCertificateSecretRef: { name: 'ca' } },
    'spec.upstream.caCertificateSecretRef',
    'A CA certificate needs an https url.',
  ),
  withUpstream(
    'a reference without a name',
    { ...registry, caCertificateSecretRef: {} },
    'spec.upstream.caCertificateSecretRef.name',
    'Required value',
  ),
  withUpstream(
    'a description that no room is left for beside the mark',
    { ...registry, description: 'x'.repeat(4001) },
    'spec.upstream.description',
    'may not be more than 4000',
  ),
  withUpstream(
    'a description that looks like an ownership mark',
    {
      ...registry,
      description: '[registry-mirror-operator v1 cluster=c mirror=other endpoint=created project=created]',
    },
    'spec.upstream.description',
    "that is how the operator's ownership mark begins",
  ),
  withUpstream(
    'a description with control characters',
    { ...registry, description: 'a\u0007b' },
    'spec.upstream.description',
    'control characters',
  ),
];
