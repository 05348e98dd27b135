import { expect } from 'chai';
import { selfSigned } from '../../harbor/certificate.js';
import { startHarbor } from '../../harbor/index.js';
import { NAMESPACE } from '../../support/operator.js';
import { eventually } from '../../support/wait.js';
import { useBareWorld } from '../bare-world.js';

const none = { rewrite: { engine: 'None' } } as const;

describe('A Harbor whose version lacks some settings', function () {
  this.timeout(60_000);
  const world = useBareWorld({ harbor: { version: '2.12.4' } });
  const upstream = {
    type: 'docker-registry',
    url: 'https://old.example.org',
    caCertificateSecretRef: { name: 'old-ca' },
  } as const;
  const project = {
    bandwidthLimit: '10Mi',
    maxUpstreamConnections: 20,
    serveCachedWhenDeletedUpstream: true,
    autoScan: true,
  };
  const LACKING = [
    'spec.project.maxUpstreamConnections',
    'spec.project.serveCachedWhenDeletedUpstream',
    'spec.upstream.caCertificateSecretRef',
  ];

  before(async () => {
    const stringData = { 'ca.crt': selfSigned('old.example.org').cert };
    const labels = { 'registrymirror.io/credentials': 'upstream' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'old-ca', namespace: NAMESPACE, labels } };
    await world().cluster.apply([{ ...secret, stringData }]);
    await world().apply('old', { ...none, upstream, project });
  });

  it('is Ready, and the condition names the fields of the spec that are not in force', async () => {
    await world().untilReady('old');
    const { message } = await world().until('old', 'SettingsSupported', 'False', 'SettingUnsupported');
    for (const field of LACKING) expect(message).to.include(field);
    expect(message).to.not.include('bandwidthLimit').and.not.include('autoScan');
    expect(world().harbor.project('old')?.metadata).to.include({ proxy_speed_kb: '81920', auto_scan: 'true' });
  });

  it('does not write them again and again', async () => {
    world().harbor.resetCounts();
    for (let time = 0; time < 3; time += 1) await world().reconcile('old');
    expect(world().harbor.writes()).to.deep.equal([]);
    await world().until('old', 'SettingsSupported', 'False');
  });

  it('still repairs what this version does have', async () => {
    const there = world().harbor.project('old');
    if (there !== undefined) there.metadata.auto_scan = 'false';
    await world().reconcile('old');
    expect(world().harbor.project('old')?.metadata.auto_scan).to.equal('true');
    await world().until('old', 'SettingsSupported', 'False');
  });

  it('costs no write after a restart: the version tells what it lacks', async () => {
    await world().operator.stop();
    world().harbor.resetCounts();
    await world().startOperator();
    for (let time = 0; time < 2; time += 1) await world().reconcile('old');
    await world().until('old', 'SettingsSupported', 'False');
    expect(world().harbor.writes()).to.deep.equal([]);
  });

  it('has them written once Harbor is upgraded, and the condition goes', async () => {
    const { state, url } = world().harbor;
    await world().harbor.down();
    await world().until('old', 'HarborReachable', 'False');
    const upgraded = await startHarbor({ unmappedHealthy: true, port: Number(new URL(url).port) });
    const same = { endpoints: state.endpoints.all(), projects: state.projects.all(), robots: state.robots.all() };
    for (const row of same.endpoints) upgraded.state.endpoints.put(row);
    for (const row of same.projects) upgraded.state.projects.put(row);
    for (const row of same.robots) upgraded.state.robots.put(row);
    try {
      await eventually(
        async () => {
          await world().reconcile('old');
          expect(upgraded.project('old')?.metadata).to.include({ max_upstream_conn: '20' });
          expect(upgraded.endpoint('old')?.caCertificate).to.include('BEGIN CERTIFICATE');
        },
        { timeoutMs: 20_000 },
      );
      await world().untilReady('old');
      await eventually(async () => {
        expect(await world().condition('old', 'SettingsSupported')).to.equal(undefined);
      });
    } finally {
      await upgraded.stop();
    }
  });
});
