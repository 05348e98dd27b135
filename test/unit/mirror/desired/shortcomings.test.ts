import { expect } from 'chai';
import { withDefaults } from '../../../../src/api/spec/defaults.js';
import { API_VERSION, KIND } from '../../../../src/api/group.js';
import type { Project } from '../../../../src/harbor/types.js';
import type { Metadata } from '../../../../src/mirror/desired/project-settings.js';
import type { Shortcomings } from '../../../../src/mirror/desired/shortcomings.js';
import { shortcomings } from '../../../../src/mirror/desired/shortcomings.js';

const FILTER: Metadata = { proxy_cache_filter_pattern: 'library/**', proxy_cache_filter_kind: 'doublestar' };
const projectWith = (metadata: Metadata): Project => ({
  id: 1,
  name: 'hub',
  registryId: 1,
  metadata,
  repositoryCount: 0,
});
const look = (
  spec: object,
  metadata: Metadata = {},
  hold: 'created' | 'adopted' | 'used' = 'created',
  lacking: readonly string[] = [],
): Shortcomings =>
  shortcomings(
    {
      apiVersion: API_VERSION,
      kind: KIND,
      ...withDefaults({ metadata: { name: 'hub' }, spec: { upstream: { type: 'docker-hub' }, ...spec } }),
    },
    projectWith(metadata),
    hold,
    new Set(lacking),
  );
const tooMany = { repositories: { include: Array.from({ length: 20 }, (_, i) => `${i}/${'a'.repeat(20)}`) } };

describe('what falls short in Harbor', () => {
  it('is nothing where all is as the spec says', () => {
    expect(look({ project: { autoScan: true } })).to.deep.equal({ unsupported: [] });
  });

  it('names the fields that this Harbor lacks, of those that the spec has', () => {
    const lacking = ['spec.project.referrers', 'spec.project.filter', 'spec.upstream.caCertificateSecretRef'];
    const { unsupported } = look({ project: { referrers: false, autoScan: true } }, {}, 'created', lacking);
    expect(unsupported).to.deep.equal(['spec.project.referrers (Harbor 2.16.0 and later)']);
  });

  it('says that a filter is too long for Harbor', () => {
    const spec = { project: { filter: 'FromRepositories' }, rewrite: tooMany };
    expect(look(spec).unsupported.join()).to.include('255 characters').and.include('fewer or shorter globs');
    expect(look(spec, {}, 'created', ['spec.project.filter']).unsupported).to.deep.equal([
      'spec.project.filter (Harbor 2.16.0 and later)',
    ]);
  });

  for (const hold of ['created', 'adopted', 'used'] as const) {
    it(`warns of somebody's filter on a project that is ${hold}, where it leaves out what Pods are sent there for`, () => {
      expect(look({}, FILTER, hold).filterWarning).to.include('has the filter library/** in Harbor, which answers 404');
      const narrow = { rewrite: { repositories: { include: ['library/nginx'] } } };
      expect(look(narrow, FILTER, hold).filterWarning).to.equal(undefined);
    });
  }

  it('warns of a filter on a project that is only used although the spec has one, since nothing is written there', () => {
    const spec = { project: { filter: 'None' } };
    expect(look(spec, FILTER, 'used').filterWarning).to.include('have the filter changed in Harbor');
    expect(look(spec, FILTER, 'adopted').filterWarning).to.equal(undefined);
  });

  it("says of somebody's regular expression that it can't tell, and doesn't evaluate it", () => {
    const regex = { proxy_cache_filter_pattern: '(a+)+$', proxy_cache_filter_kind: 'regex' };
    expect(look({}, regex).filterWarning).to.include("it can't be told");
  });
});
