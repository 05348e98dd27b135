import { expect } from 'chai';
import type { Condition } from '../../../src/api/registry-mirror.js';
import { selfSigned } from '../../harbor/certificate.js';
import { NAMESPACE } from '../../support/operator.js';
import type { World } from '../../support/world.js';
import { useBareWorld } from '../bare-world.js';

const ALL = {
  upstream: {
    type: 'docker-registry',
    url: 'https://registry.example.org',
    caCertificateSecretRef: { name: 'upstream-ca' },
  },
  project: {
    storageQuota: '10Gi',
    retention: { daysSinceLastPull: 30 },
    bandwidthLimit: '10Mi',
    maxUpstreamConnections: 20,
    serveCachedWhenDeletedUpstream: true,
    autoScan: true,
    preventVulnerable: { severity: 'high' },
    referrers: true,
    filter: 'FromRepositories',
  },
  rewrite: { engine: 'None', repositories: { include: ['team/**', 'base/*'] } },
};

const REFERRERS = 'spec.project.referrers (Harbor 2.16.0 and later)';
const FILTER = 'spec.project.filter (Harbor 2.16.0 and later)';
const SERVE_CACHED = 'spec.project.serveCachedWhenDeletedUpstream (Harbor 2.15.1 and later)';
const CERTIFICATE = 'spec.upstream.caCertificateSecretRef (Harbor 2.15.0 and later)';
const CONNECTIONS = 'spec.project.maxUpstreamConnections (Harbor 2.14.1 and later)';
const BANDWIDTH = 'spec.project.bandwidthLimit (Harbor 2.12.0 and later)';

const LACKING: readonly [string, readonly string[]][] = [
  ['2.11', [BANDWIDTH, CONNECTIONS, CERTIFICATE, SERVE_CACHED, REFERRERS, FILTER]],
  ['2.13', [CONNECTIONS, CERTIFICATE, SERVE_CACHED, REFERRERS, FILTER]],
  ['2.15', [REFERRERS, FILTER]],
  ['2.16', []],
];

async function applyAll(world: World): Promise<void> {
  const metadata = {
    name: 'upstream-ca',
    namespace: NAMESPACE,
    labels: { 'registrymirror.io/credentials': 'upstream' },
  };
  const stringData = { 'ca.crt': selfSigned('registry.example.org').cert };
  await world.cluster.apply([{ apiVersion: 'v1', kind: 'Secret', metadata, stringData }]);
  await world.apply('all', ALL);
}

/** The fields that the condition names, with the versions that have them. */
function named(condition: Condition | undefined): readonly string[] {
  return [...(condition?.message ?? '').matchAll(/spec\.[\w.]+ \(Harbor [\d.]+ and later\)/g)].map(([text]) => text);
}

for (const [version, lacking] of LACKING) {
  describe(`A mirror with every setting on Harbor ${version}`, function () {
    this.timeout(60_000);
    const world = useBareWorld({ harbor: { version } });

    before(async () => {
      await applyAll(world());
    });

    it(`is Ready, and ${lacking.length === 0 ? 'has all of them' : 'says which this version lacks and which one has them'}`, async () => {
      await world().untilReady('all');
      const condition = await world().condition('all', 'SettingsSupported');
      expect(condition?.status).to.equal(lacking.length === 0 ? undefined : 'False');
      expect(named(condition)).to.have.members(lacking);
    });

    it('has the others in Harbor', () => {
      const { metadata } = world().harbor.project('all') ?? {};
      const expected = {
        public: 'true',
        auto_scan: 'true',
        prevent_vul: 'true',
        severity: 'high',
        ...(lacking.includes(BANDWIDTH) ? {} : { proxy_speed_kb: '81920' }),
        ...(lacking.includes(CONNECTIONS) ? {} : { max_upstream_conn: '20' }),
        ...(lacking.includes(SERVE_CACHED) ? {} : { proxy_cache_local_on_not_found: 'true' }),
        ...(lacking.includes(REFERRERS) ? {} : { proxy_referrer_api: 'true' }),
        ...(lacking.includes(FILTER)
          ? {}
          : { proxy_cache_filter_pattern: 'team(/.*)?|base/[^/]*', proxy_cache_filter_kind: 'regex' }),
        retention_id: metadata?.retention_id ?? 'missing',
      };
      expect(metadata).to.deep.equal(expected);
      expect(world().harbor.endpoint('all')?.caCertificate !== '').to.equal(!lacking.includes(CERTIFICATE));
      expect(world().harbor.quotaOf('all')?.hard).to.equal(10 * 1024 ** 3);
    });

    it('is not written to again', async () => {
      world().harbor.resetCounts();
      await world().reconcile('all');
      expect(world().harbor.writes()).to.deep.equal([]);
    });
  });
}

describe('A mirror on a Harbor that is too old', function () {
  this.timeout(60_000);
  const world = useBareWorld({ harbor: { version: '2.9.4' } });

  it('is stalled with the version that it takes, and nothing is made in Harbor', async () => {
    await applyAll(world());
    const { message } = await world().until('all', 'Ready', 'False', 'HarborTooOld');
    expect(message).to.include('version 2.9.4').and.include('2.11.0').and.include('Upgrade Harbor');
    await world().until('all', 'Stalled', 'True', 'HarborTooOld');
    expect(world().harbor.writes()).to.deep.equal([]);
  });
});
