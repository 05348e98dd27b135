import { expect } from 'chai';
import { withDefaults } from '../../../../src/api/spec/defaults.js';
import type { RegistryMirrorSpec } from '../../../../src/api/registry-mirror.js';
import { describeField, unsupportedBy } from '../../../../src/mirror/desired/harbor-support.js';
import {
  differingSettings,
  droppedFields,
  fieldsOf,
  managedSettings,
  writtenSettings,
} from '../../../../src/mirror/desired/project-settings.js';

const specOf = (spec: object): RegistryMirrorSpec => withDefaults({ metadata: { name: 'm' }, spec }).spec;
const NONE: ReadonlySet<string> = new Set();

interface Pair {
  readonly project: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** What import makes of it, where that is something else. */
  readonly back?: object;
}

const PAIRS: readonly Pair[] = [
  { project: { public: true }, metadata: { public: 'true' }, back: {} },
  { project: { public: false }, metadata: { public: 'false' } },
  { project: { autoScan: true }, metadata: { auto_scan: 'true' } },
  { project: { autoScan: false }, metadata: { auto_scan: 'false' }, back: {} },
  { project: { serveCachedWhenDeletedUpstream: true }, metadata: { proxy_cache_local_on_not_found: 'true' } },
  { project: { referrers: true }, metadata: { proxy_referrer_api: 'true' } },
  { project: { bandwidthLimit: '10Mi' }, metadata: { proxy_speed_kb: '81920' } },
  { project: { bandwidthLimit: 'unlimited' }, metadata: { proxy_speed_kb: '-1' }, back: {} },
  { project: { maxUpstreamConnections: 20 }, metadata: { max_upstream_conn: '20' } },
  { project: { maxUpstreamConnections: -1 }, metadata: { max_upstream_conn: '-1' }, back: {} },
  { project: { preventVulnerable: { severity: 'high' } }, metadata: { prevent_vul: 'true', severity: 'high' } },
];

describe("a project's settings", () => {
  for (const { project, metadata, back = project } of PAIRS) {
    const text = JSON.stringify(project);
    it(`${text} go to Harbor and come back`, () => {
      const written = { public: 'true', ...metadata };
      expect(managedSettings(specOf({ project }))).to.deep.equal(written);
      expect(writtenSettings(written)).to.deep.equal({ settings: back, notes: [] });
    });
  }

  it('are all known by the fields that they come from', () => {
    const all = Object.assign({}, ...PAIRS.map(({ metadata }) => metadata)) as Record<string, string>;
    const named = new Set(PAIRS.flatMap(({ project }) => Object.keys(project).map((field) => `spec.project.${field}`)));
    expect(new Set(fieldsOf(all))).to.deep.equal(named);
  });

  it('are not managed where the spec leaves them out, but that a project is public', () => {
    expect(managedSettings(specOf({}))).to.deep.equal({ public: 'true' });
  });

  it('take the filter from what the rewrite includes', () => {
    const rewrite = { repositories: { include: ['library/**'] } };
    expect(managedSettings(specOf({ project: { filter: 'FromRepositories' }, rewrite }))).to.deep.equal({
      public: 'true',
      proxy_cache_filter_pattern: 'library(/.*)?',
      proxy_cache_filter_kind: 'regex',
    });
  });

  it('have no filter rather than one that leaves out what Pods are sent there for, where Harbor can not keep it', () => {
    const rewrite = { repositories: { include: Array.from({ length: 20 }, (_, i) => `${i}/${'a'.repeat(20)}`) } };
    expect(managedSettings(specOf({ project: { filter: 'FromRepositories' }, rewrite }))).to.deep.equal({
      public: 'true',
      proxy_cache_filter_pattern: '',
    });
  });

  it('are written whole where one part differs: Harbor refuses a pattern without its kind', () => {
    const wanted = { proxy_cache_filter_pattern: 'a', proxy_cache_filter_kind: 'regex', auto_scan: 'true' };
    const there = { proxy_cache_filter_pattern: 'b', proxy_cache_filter_kind: 'regex', auto_scan: 'true' };
    expect(differingSettings(wanted, there, NONE)).to.deep.equal({
      proxy_cache_filter_pattern: 'a',
      proxy_cache_filter_kind: 'regex',
    });
  });

  it('need no write where no filter is asked for and Harbor has never had one', () => {
    expect(differingSettings({ proxy_cache_filter_pattern: '' }, {}, NONE)).to.deep.equal({});
  });

  it('are not written where this Harbor lacks them', () => {
    const wanted = { max_upstream_conn: '3', auto_scan: 'true' };
    const lacking = new Set(['spec.project.maxUpstreamConnections']);
    expect(differingSettings(wanted, {}, lacking)).to.deep.equal({ auto_scan: 'true' });
  });

  it('are known to be dropped where Harbor has nothing of them afterwards', () => {
    const written = { auto_scan: 'true', max_upstream_conn: '3', proxy_cache_filter_pattern: '' };
    expect(droppedFields(written, { auto_scan: 'true' })).to.deep.equal(['spec.project.maxUpstreamConnections']);
  });

  it('come back as a note where a mirror can not say them', () => {
    const { settings, notes } = writtenSettings({
      public: 'true',
      proxy_speed_kb: '1',
      proxy_cache_filter_pattern: 'library/**',
      proxy_cache_filter_kind: 'doublestar',
    });
    expect(settings).to.deep.equal({});
    expect(notes.join()).to.include('bandwidth limit (1 kb/s)').and.include('filter (library/**)');
  });
});

describe('what a Harbor lacks', () => {
  const lacking: readonly [string | undefined, readonly string[]][] = [
    [
      'v2.11.2-a',
      ['bandwidthLimit', 'maxUpstreamConnections', 'serveCachedWhenDeletedUpstream', 'referrers', 'filter', 'ca'],
    ],
    ['v2.13.5-a', ['maxUpstreamConnections', 'serveCachedWhenDeletedUpstream', 'referrers', 'filter', 'ca']],
    ['v2.14.1-a', ['serveCachedWhenDeletedUpstream', 'referrers', 'filter', 'ca']],
    ['v2.15.0-a', ['serveCachedWhenDeletedUpstream', 'referrers', 'filter']],
    ['v2.15.2-a', ['referrers', 'filter']],
    ['v2.16.0-a', []],
    [undefined, []],
  ];
  for (const [version, fields] of lacking) {
    it(`is ${fields.join(', ') || 'nothing'} in version ${version ?? 'unknown'}`, () => {
      const names = fields.map((field) =>
        field === 'ca' ? 'spec.upstream.caCertificateSecretRef' : `spec.project.${field}`,
      );
      expect([...unsupportedBy({ facts: { version }, unsupported: NONE })]).to.have.members(names);
    });
  }

  it('is also what it was seen to drop, whatever its version', () => {
    const unsupported = new Set(['spec.project.autoScan']);
    expect([...unsupportedBy({ facts: { version: 'v2.16.0-a' }, unsupported })]).to.deep.equal([
      'spec.project.autoScan',
    ]);
  });

  it('is told with the version that has it', () => {
    expect(describeField('spec.project.referrers')).to.equal('spec.project.referrers (Harbor 2.16.0 and later)');
    expect(describeField('spec.project.autoScan')).to.equal('spec.project.autoScan');
  });
});
