import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { upstreamTypes } from '../../../src/api/spec/upstream-types.js';
import type { RegistryMirror } from '../../../src/api/registry-mirror.js';
import { selfSigned } from '../../harbor/certificate.js';
import { useBareWorld } from '../bare-world.js';

type UpstreamType = keyof typeof upstreamTypes;

/** What Harbor is to have for each type's sample: the endpoint's type, its url, and the login's user name where it has one. */
interface Expected {
  readonly sample?: string;
  readonly endpointType: string;
  readonly url: string;
  readonly hosts: readonly string[];
  readonly accessKey?: string;
}

const registry = 'docker-registry';
const EXPECTED: Readonly<Record<UpstreamType, Expected>> = {
  'docker-hub': { endpointType: 'docker-hub', url: 'https://hub.docker.com', hosts: ['docker.io'] },
  'docker-registry': { endpointType: registry, url: 'https://registry.k8s.io', hosts: ['registry.k8s.io'] },
  harbor: { endpointType: 'harbor', url: 'https://registry.example.org', hosts: ['registry.example.org'] },
  'aws-ecr': {
    endpointType: 'aws-ecr',
    url: 'https://123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    hosts: ['123456789012.dkr.ecr.eu-central-1.amazonaws.com'],
    accessKey: 'AKIAIOSFODNN7EXAMPLE',
  },
  'azure-acr': {
    endpointType: 'azure-acr',
    url: 'https://example.azurecr.io',
    hosts: ['example.azurecr.io'],
    accessKey: '00000000-0000-0000-0000-000000000000',
  },
  'google-gcr': {
    endpointType: 'google-gcr',
    url: 'https://gcr.io',
    hosts: ['gcr.io'],
    accessKey: '_json_key',
  },
  quay: { endpointType: registry, url: 'https://quay.io', hosts: ['quay.io'] },
  'github-ghcr': { endpointType: 'github-ghcr', url: 'https://ghcr.io', hosts: ['ghcr.io'] },
  gitlab: { endpointType: registry, url: 'https://registry.gitlab.com', hosts: ['registry.gitlab.com'] },
  'jfrog-artifactory': {
    endpointType: 'jfrog-artifactory',
    url: 'https://artifactory.example.org',
    hosts: ['artifactory.example.org', 'docker.example.org:5001'],
  },
  'ali-acr': {
    endpointType: 'ali-acr',
    url: 'https://registry.cn-hangzhou.aliyuncs.com',
    hosts: ['registry.cn-hangzhou.aliyuncs.com'],
    accessKey: 'LTAI5tExampleAccessKeyId',
  },
  'huawei-SWR': {
    sample: 'huawei-swr',
    endpointType: registry,
    url: 'https://swr.cn-north-4.myhuaweicloud.com',
    hosts: ['swr.cn-north-4.myhuaweicloud.com'],
  },
  'tencent-tcr': {
    endpointType: registry,
    url: 'https://example.tencentcloudcr.com',
    hosts: ['example.tencentcloudcr.com'],
  },
  'volcengine-cr': {
    endpointType: registry,
    url: 'https://example-cn-beijing.cr.volces.com',
    hosts: ['example-cn-beijing.cr.volces.com'],
  },
  dtr: { endpointType: registry, url: 'https://dtr.example.org', hosts: ['dtr.example.org'] },
};

interface Sample {
  readonly name: string;
  /** To apply: the mirror without a rewrite, and its Secrets. */
  readonly objects: readonly object[];
}

interface LooseObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

function sampleOf(file: string): Sample {
  const text = readFileSync(new URL(`../../../config/samples/${file}.yaml`, import.meta.url), 'utf8');
  const documents = parseAllDocuments(text).map((document) => document.toJS() as LooseObject);
  const objects = documents.map((object) => {
    if (object.kind === 'RegistryMirror') return { ...object, spec: { ...object.spec, rewrite: { engine: 'None' } } };
    if (object.stringData?.['ca.crt'] === undefined) return object;
    return { ...object, stringData: { 'ca.crt': selfSigned('registry.example.org').cert } };
  });
  const mirror = documents.find(({ kind }) => kind === 'RegistryMirror');
  return { name: mirror?.metadata.name ?? '', objects };
}

const TYPES = Object.keys(EXPECTED) as UpstreamType[];

describe('Providers', function () {
  this.timeout(60_000);
  const world = useBareWorld();
  const samples = new Map(TYPES.map((type) => [type, sampleOf(EXPECTED[type].sample ?? type)]));
  const nameOf = (type: UpstreamType): string => samples.get(type)?.name ?? '';

  before(async () => {
    await world().cluster.apply([...samples.values()].flatMap(({ objects }) => objects));
  });

  it('has a sample and an expectation for every type', () => {
    expect(TYPES).to.have.members(Object.keys(upstreamTypes));
  });

  for (const type of TYPES) {
    const { endpointType, url, hosts, accessKey = '' } = EXPECTED[type];
    it(`makes an endpoint of type ${endpointType} of the sample for ${type}, and one project on it`, async () => {
      const name = nameOf(type);
      await world().untilReady(name);
      const { status }: RegistryMirror = await world().get(name);
      expect(status.hosts).to.deep.equal(hosts);
      expect(status.harbor?.endpointType).to.equal(endpointType);
      const endpoint = world().harbor.state.endpoints.get(status.harbor?.endpointID ?? 0);
      expect(endpoint).to.include({ type: endpointType, url, accessKey });
      expect(world().harbor.project(status.harbor?.projectName ?? '')?.registryId).to.equal(endpoint?.id);
    });
  }

  it('leaves exactly one endpoint for each, and writes none again', async () => {
    expect(world().harbor.endpoints()).to.have.length(TYPES.length);
    world().harbor.resetCounts();
    for (const type of TYPES) await world().reconcile(nameOf(type));
    expect(world().harbor.writes()).to.deep.equal([]);
  });
});

describe('A Harbor that proxies fewer types than most', function () {
  this.timeout(60_000);
  const world = useBareWorld({ harbor: { proxyTypes: ['docker-registry', 'docker-hub', 'harbor'] } });

  for (const type of ['github-ghcr', 'azure-acr', 'jfrog-artifactory'] as const) {
    it(`serves ${type} by a docker-registry endpoint at the same url, and leaves no other endpoint`, async () => {
      const url = type === 'github-ghcr' ? 'https://ghcr.io' : `https://${type}.example.org`;
      await world().apply(type, { upstream: { type, url }, rewrite: { engine: 'None' } });
      await world().untilReady(type);
      expect((await world().get(type)).status.harbor?.endpointType).to.equal('docker-registry');
      const endpoints = world()
        .harbor.endpoints()
        .filter((endpoint) => endpoint.url === url);
      expect(endpoints.map((endpoint) => endpoint.type)).to.deep.equal(['docker-registry']);
    });
  }

  it('is in sync after a restart, too, and where an upgraded Harbor proxies the type', async () => {
    await world().operator.stop();
    world().harbor.resetCounts();
    await world().startOperator();
    await world().reconcile('github-ghcr');
    await world().untilReady('github-ghcr');
    expect((await world().get('github-ghcr')).status.harbor?.endpointType).to.equal('docker-registry');
    expect(world().harbor.writes()).to.deep.equal([]);
  });
});
