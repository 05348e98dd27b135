import { expect } from 'chai';
import type { HarborOptions } from '../../harbor/index.js';
import { Lab } from './lab.js';

const ALL = {
  upstream: { type: 'docker-hub' },
  project: {
    bandwidthLimit: '10Mi',
    maxUpstreamConnections: 20,
    serveCachedWhenDeletedUpstream: true,
    autoScan: true,
    preventVulnerable: { severity: 'high' },
    referrers: true,
    filter: 'FromRepositories',
  },
  rewrite: { repositories: { include: ['library/**', 'bitnami/redis'] } },
};

describe('a mirror on a Harbor of another version', () => {
  let lab: Lab;

  const start = async (options: HarborOptions): Promise<void> => {
    lab = await Lab.start(options);
  };
  afterEach(async () => lab.stop());

  const lacking: readonly [string, readonly string[]][] = [
    ['2.11.2', ['bandwidthLimit', 'maxUpstreamConnections', 'serveCachedWhenDeletedUpstream', 'referrers', 'filter']],
    ['2.13.5', ['maxUpstreamConnections', 'serveCachedWhenDeletedUpstream', 'referrers', 'filter']],
    ['2.15.2', ['referrers', 'filter']],
  ];
  for (const [version, fields] of lacking) {
    it(`${version} is Ready, and the status names what this version lacks and which one has it`, async () => {
      await start({ version });
      lab.apply('hub', ALL);
      await lab.untilReady('hub');
      expect(lab.says('hub', 'SettingsSupported')).to.equal('False SettingUnsupported');
      const named = [
        ...lab.tells('hub', 'SettingsSupported').matchAll(/spec\.project\.(\w+) \(Harbor [\d.]+ and later\)/g),
      ];
      expect(named.map(([, field]) => field)).to.have.members(fields);
    });

    it(`${version} is not written to again and again`, async () => {
      await start({ version });
      lab.apply('hub', ALL);
      await lab.untilReady('hub');
      lab.harbor.resetCounts();
      await lab.look('hub');
      expect(lab.harbor.writes()).to.deep.equal([]);
    });
  }

  it('2.16 has all of it, and the filter as one pattern', async () => {
    await start({ version: '2.16.0' });
    lab.apply('hub', ALL);
    await lab.untilReady('hub');
    expect(lab.says('hub', 'SettingsSupported')).to.equal('absent');
    expect(lab.harbor.project('hub')?.metadata).to.include({
      proxy_referrer_api: 'true',
      proxy_cache_filter_pattern: 'library(/.*)?|bitnami/redis',
      proxy_cache_filter_kind: 'regex',
    });
  });

  it('2.16 gets a changed filter, has an edited one repaired, and loses it on request', async () => {
    await start({ version: '2.16.0' });
    lab.apply('hub', ALL);
    await lab.untilReady('hub');
    lab.apply('hub', { ...ALL, rewrite: { repositories: { include: ['library/**'] } } });
    await lab.untilReady('hub');
    const pattern = (): string | undefined => lab.harbor.project('hub')?.metadata.proxy_cache_filter_pattern;
    expect(pattern()).to.equal('library(/.*)?');
    const there = lab.harbor.project('hub');
    if (there !== undefined) there.metadata.proxy_cache_filter_kind = 'doublestar';
    lab.pass(24 * 3_600_000);
    await lab.look('hub');
    expect(there?.metadata.proxy_cache_filter_kind).to.equal('regex');
    lab.apply('hub', { ...ALL, project: { ...ALL.project, filter: 'None' } });
    await lab.look('hub');
    expect(pattern()).to.equal('');
    lab.harbor.resetCounts();
    await lab.look('hub');
    expect(lab.harbor.writes()).to.deep.equal([]);
  });

  it('2.16 lets less through only after the policy sends no Pods for more', async () => {
    const of = (include: readonly string[]): object => ({
      upstream: { type: 'quay' },
      project: { filter: 'FromRepositories' },
      rewrite: { repositories: { include } },
    });
    const filter = (): string | undefined => lab.harbor.project('quay')?.metadata.proxy_cache_filter_pattern;
    await start({ version: '2.16.0' });
    lab.apply('quay', of(['a/**', 'b/**']));
    await lab.untilReady('quay');
    const before = filter();
    lab.apply('quay', of(['a/**']));
    await lab.look('quay');
    expect(filter()).to.equal(before).and.include('b');
    expect(lab.tells('quay', 'ProjectReady')).to.match(/as open as before until .* other repositories than a\/\*\*/);
    await lab.untilReady('quay');
    expect(filter()).to.not.include('b');
  });

  it("warns of somebody's filter on a project that is only used, and writes nothing there", async () => {
    await start({ version: '2.16.0' });
    lab.apply('hub', { upstream: { type: 'docker-hub' } });
    await lab.untilReady('hub');
    const there = lab.harbor.project('hub');
    if (there !== undefined) there.metadata.proxy_cache_filter_pattern = 'library/**';
    lab.pass(24 * 3_600_000);
    lab.apply('other', {
      upstream: { type: 'docker-hub', hosts: ['hub.example.org'] },
      project: { name: 'hub' },
      adoptionPolicy: 'Use',
    });
    lab.harbor.resetCounts();
    await lab.untilReady('other');
    expect(lab.says('other', 'RepositoriesServed')).to.equal('False FilterNarrower');
    expect(lab.harbor.writes()).to.deep.equal([]);
  });

  it('2.9 is refused with the oldest that works, and nothing is made there', async () => {
    await start({ version: '2.9.4' });
    lab.apply('hub', ALL);
    await lab.look('hub');
    expect([lab.says('hub', 'Ready'), lab.says('hub', 'Stalled')]).to.deep.equal([
      'False HarborTooOld',
      'True HarborTooOld',
    ]);
    expect(lab.tells('hub', 'Ready')).to.include('version 2.9.4').and.include('2.11.0');
    expect(lab.harbor.writes()).to.deep.equal([]);
  });
});

describe('a url that is none, in an object older than the rule against it', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  const BROKEN = 'https://10.0.0.300';
  const specs: readonly [string, object][] = [
    ['of the upstream', { upstream: { type: 'docker-registry', url: BROKEN } }],
    [
      'of its Harbor',
      { upstream: { type: 'quay' }, harbor: { url: BROKEN, credentialsSecretRef: { name: 'harbor' } } },
    ],
  ];
  for (const [whose, spec] of specs) {
    for (const deletionPolicy of ['Retain', 'Delete']) {
      it(`${whose} is stalled, and can be deleted with ${deletionPolicy}`, async () => {
        lab.apply('broken', { ...spec, deletionPolicy });
        await lab.look('broken');
        expect(lab.says('broken', 'Stalled')).to.equal('True UrlInvalid');
        expect(lab.tells('broken', 'Ready')).to.include(BROKEN);
        lab.delete('broken');
        await lab.look('broken');
        lab.policies.takeEffect();
        await lab.look('broken');
        expect(lab.mirror('broken')).to.equal(undefined);
      });
    }
  }
});

describe('an upstream that Harbor calls unhealthy, or healthy by mistake', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = await Lab.start();
  });
  afterEach(async () => lab.stop());

  it('is explained where the reason is known', async () => {
    lab.harbor.mapHost('registry.istio.io');
    lab.harbor.setUpstream('registry.istio.io', 'down');
    lab.apply('istio', { upstream: { type: 'docker-registry', url: 'https://registry.istio.io' } });
    await lab.look('istio');
    expect(lab.says('istio', 'Ready')).to.equal('False UpstreamUnhealthy');
    expect(lab.tells('istio', 'Ready')).to.include('the registry is unhealthy').and.include('docker.io/istio');
    expect(lab.tells('istio', 'Ready')).to.include("The upstream's url is https://registry.istio.io.");
    expect(lab.tells('istio', 'UpstreamReachable')).to.include('docker.io/istio');
  });

  it('is said to be a website where it is one, although Harbor takes it for a registry', async () => {
    lab.apply('gallery', { upstream: { type: 'docker-registry', url: 'https://gallery.ecr.aws' } });
    await lab.untilReady('gallery');
    expect(lab.says('gallery', 'UpstreamReachable')).to.equal('False UpstreamUnhealthy');
    expect(lab.tells('gallery', 'UpstreamReachable')).to.include('use https://public.ecr.aws');
  });
});
