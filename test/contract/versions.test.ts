import { expect } from 'chai';
import { fullPermissions, harborVersions, smallestPermissions, startHarbor } from '../harbor/index.js';
import type { HarborStandIn, HarborVersion } from '../harbor/index.js';
import { startUpstreamRegistry } from '../harbor/upstream-registry.js';
import { has, since, versionFromEnvironment } from '../harbor/versions.js';
import { basic, callApi, send } from './http.js';
import type { Received } from './http.js';

const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const settings = {
  public: 'true',
  auto_scan: 'true',
  proxy_speed_kb: '5',
  max_upstream_conn: '3',
  proxy_cache_local_on_not_found: 'true',
  proxy_referrer_api: 'true',
  proxy_cache_filter_pattern: 'team/.*',
  proxy_cache_filter_kind: 'regex',
};
type Setting = keyof typeof settings;

const upTo2_15: readonly Setting[] = [
  'public',
  'auto_scan',
  'proxy_speed_kb',
  'max_upstream_conn',
  'proxy_cache_local_on_not_found',
];

interface Version {
  readonly release: string;
  readonly settings: readonly Setting[];
  readonly hasCertificate: boolean;
  readonly robotsMayMakeRobots: boolean;
}

/** What each version has, as its source says: everything else is dropped without a word. */
const versions: Readonly<Record<HarborVersion, Version>> = {
  '2.11': {
    release: '2.11.2',
    settings: ['public', 'auto_scan'],
    hasCertificate: false,
    robotsMayMakeRobots: false,
  },
  '2.13': {
    release: '2.13.5',
    settings: ['public', 'auto_scan', 'proxy_speed_kb'],
    hasCertificate: false,
    robotsMayMakeRobots: true,
  },
  '2.15': { release: '2.15.2', settings: upTo2_15, hasCertificate: true, robotsMayMakeRobots: true },
  '2.16': {
    release: '2.16.0',
    settings: [...upTo2_15, 'proxy_referrer_api', 'proxy_cache_filter_pattern', 'proxy_cache_filter_kind'],
    hasCertificate: true,
    robotsMayMakeRobots: true,
  },
};

for (const version of harborVersions) {
  const expected = versions[version];

  describe(`A Harbor stand-in of version ${version}`, () => {
    let harbor: HarborStandIn;

    beforeEach(async () => {
      harbor = await startHarbor({ version, unmappedHealthy: true });
    });
    afterEach(() => harbor.stop());

    const admin = (method: string, path: string, body?: unknown): Promise<Received & { readonly json: unknown }> =>
      callApi(harbor, harbor.admin, method, path, body);
    const make = async (metadata: object): Promise<number> => {
      await admin('POST', '/registries', { name: 'quay', type: 'docker-registry', url: 'https://quay.io' });
      const answer = await admin('POST', '/projects', { project_name: 'quay', registry_id: 1, metadata });
      return answer.status;
    };
    const kept = (): Readonly<Record<string, string>> => {
      const { retention_id: own, ...others } = harbor.project('quay')?.metadata ?? {};
      expect(own).to.equal('1');
      return others;
    };
    const known = Object.fromEntries(expected.settings.map((key) => [key, settings[key]]));

    it('says its release', async () => {
      expect((await admin('GET', '/systeminfo')).json).to.include({ harbor_version: `v${expected.release}-080b0220` });
    });

    it('keeps the settings that it knows when a project is made, and drops the others', async () => {
      expect(await make(settings)).to.equal(201);
      expect(kept()).to.deep.equal(known);
    });

    it('keeps the settings that it knows when a project is changed, and drops the others', async () => {
      expect(await make({ public: 'true' })).to.equal(201);
      expect((await admin('PUT', '/projects/quay', { metadata: settings })).status).to.equal(200);
      expect(kept()).to.deep.equal(known);
    });

    it('checks no value of a setting that it does not know', async () => {
      const isKnown = expected.settings.includes('max_upstream_conn');
      expect(await make({ public: 'true', max_upstream_conn: 'many' })).to.equal(isKnown ? 400 : 201);
    });

    it(`${expected.hasCertificate ? 'keeps' : 'ignores'} the certificate of an endpoint`, async () => {
      const endpoint = { name: 'own', type: 'docker-registry', url: 'https://quay.io', ca_certificate: certificate };
      expect((await admin('POST', '/registries', endpoint)).status).to.equal(201);
      expect((await admin('PUT', '/registries/1', { ca_certificate: certificate })).status).to.equal(200);
      expect(harbor.endpoint('own')?.caCertificate).to.equal(expected.hasCertificate ? certificate : '');
    });

    it(`gives robots ${expected.robotsMayMakeRobots ? 'rights' : 'no right'} to robots and to change quotas`, async () => {
      const status = async (name: string, permissions: unknown): Promise<number> =>
        (await admin('POST', '/robots', { name, level: 'system', duration: -1, permissions })).status;
      expect(await status('small', smallestPermissions)).to.equal(201);
      expect(await status('full', fullPermissions)).to.equal(expected.robotsMayMakeRobots ? 201 : 400);
      harbor.addRobot('any');
      const any = JSON.stringify(harbor.robots().find(({ name }) => name === 'any')?.permissions);
      expect(any.includes('quota","action":"update')).to.equal(expected.robotsMayMakeRobots);
    });
  });
}

describe('The filter of a proxy project, from version 2.16,', () => {
  let harbor: HarborStandIn;

  beforeEach(async () => {
    harbor = await startHarbor({ version: '2.16', unmappedHealthy: true });
    const endpoint = { name: 'quay', type: 'docker-registry', url: 'https://quay.io' };
    await callApi(harbor, harbor.admin, 'POST', '/registries', endpoint);
    await callApi(harbor, harbor.admin, 'POST', '/projects', { project_name: 'quay', registry_id: 1 });
  });
  afterEach(() => harbor.stop());

  const setFilter = async (kind: string, pattern: string): Promise<number> => {
    const metadata = { proxy_cache_filter_kind: kind, proxy_cache_filter_pattern: pattern };
    return (await callApi(harbor, harbor.admin, 'PUT', '/projects/quay', { metadata })).status;
  };

  const served: readonly (readonly [kind: string, pattern: string, repository: string, isServed: boolean])[] = [
    ['doublestar', 'team/**', 'team/app', true],
    ['doublestar', 'team/**', 'team/deep/app', true],
    ['doublestar', 'team/*', 'team/deep/app', false],
    ['doublestar', 'team/**', 'other/app', false],
    ['doublestar', '{team,other}/app', 'other/app', true],
    ['doublestar', '**/app', 'app', true],
    ['doublestar', 'te.m/app', 'team/app', false],
    ['regex', '(?:library|team)/.*', 'team/app', true],
    ['regex', 'team/app', 'team/app-too', false],
    ['regex', '', 'any/thing', true],
  ];
  for (const [kind, pattern, repository, isServed] of served) {
    it(`${isServed ? 'serves' : 'leaves out'} ${repository} where it is ${kind} "${pattern}"`, async () => {
      const upstream = await startUpstreamRegistry();
      upstream.addImage(repository, '1', 'hello');
      harbor.mapHost('quay.io', { url: upstream.url });
      expect(await setFilter(kind, pattern)).to.equal(200);
      const headers = { authorization: basic(harbor.admin.username, harbor.admin.password) };
      const pulled = await send(harbor.url, { method: 'GET', path: `/v2/quay/${repository}/manifests/1`, headers });
      await upstream.stop();
      expect([pulled.status, pulled.body.includes('does not match project repository filter')]).to.deep.equal(
        isServed ? [200, false] : [404, true],
      );
    });
  }

  it('is refused, also where a project is changed, when kind or pattern make no sense', async () => {
    expect(await setFilter('glob', 'team/**')).to.equal(400);
    expect(await setFilter('', 'team/**')).to.equal(400);
    expect(await setFilter('regex', 'team/(')).to.equal(400);
    expect(await setFilter('doublestar', 'team/{a')).to.equal(400);
    expect(harbor.project('quay')?.metadata).to.not.have.property('proxy_cache_filter_pattern');
  });

  it('is taken away by an empty kind and pattern', async () => {
    expect(await setFilter('regex', 'team/.*')).to.equal(200);
    expect(await setFilter('', '')).to.equal(200);
    expect(harbor.project('quay')?.metadata.proxy_cache_filter_pattern).to.equal('');
  });
});

describe('The version of the stand-in', () => {
  it('decides by release, patch and all, what there is', () => {
    const firsts = Object.values(since).map((release) => release.join('.'));
    expect(firsts).to.include.members(['2.14.1', '2.15.0', '2.15.1', '2.16.0']);
    expect([has('2.14.0', 'max_upstream_conn'), has('2.14.1', 'max_upstream_conn')]).to.deep.equal([false, true]);
    expect(has('2.15.0', 'proxy_cache_local_on_not_found')).to.equal(false);
    expect(has('3.0.0', 'proxy_cache_local_on_not_found')).to.equal(true);
  });

  it('is what HARBOR_VERSION asks for, where the demo or the suite for a real Harbor start it', () => {
    const before = process.env.HARBOR_VERSION;
    try {
      process.env.HARBOR_VERSION = '';
      expect(versionFromEnvironment()).to.deep.equal({});
      process.env.HARBOR_VERSION = '2.13';
      expect(versionFromEnvironment()).to.deep.equal({ version: '2.13' });
      process.env.HARBOR_VERSION = 'latest';
      expect(() => versionFromEnvironment()).to.throw('HARBOR_VERSION=latest: write one of 2.11, 2.13, 2.15, 2.16');
    } finally {
      if (before === undefined) delete process.env.HARBOR_VERSION;
      else process.env.HARBOR_VERSION = before;
    }
  });
});
