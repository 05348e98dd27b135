import { expect } from 'chai';
import type { Schema } from '../../../scripts/schema.js';
import { breakingChanges } from '../../support/schema-changes.js';

const older: Schema = {
  type: 'object',
  required: ['url'],
  properties: {
    url: { type: 'string', maxLength: 100, pattern: '^https://' },
    engine: { type: 'string', enum: ['A', 'B'], default: 'A' },
    hosts: { type: 'array', minItems: 1, items: { type: 'string' } },
  },
  'x-kubernetes-validations': [{ rule: 'has(self.url)' }],
};
const { url, engine, hosts } = older.properties as Record<'url' | 'engine' | 'hosts', Schema>;
const withProperties = (properties: Readonly<Record<string, Schema>>): Schema => ({
  ...older,
  properties: { ...older.properties, ...properties },
});

const cases: readonly { readonly what: string; readonly newer: Schema; readonly changes: readonly string[] }[] = [
  { what: 'the same schema', newer: older, changes: [] },
  { what: 'a new field', newer: withProperties({ other: { type: 'string' } }), changes: [] },
  { what: 'a wider limit', newer: withProperties({ url: { ...url, maxLength: 200 } }), changes: [] },
  { what: 'a value more', newer: withProperties({ engine: { ...engine, enum: ['A', 'B', 'C'] } }), changes: [] },
  { what: 'a rule less', newer: { ...older, 'x-kubernetes-validations': [] }, changes: [] },
  {
    what: 'a field less',
    newer: { ...older, properties: { url, engine } },
    changes: ['hosts is gone'],
  },
  {
    what: 'a narrower limit',
    newer: withProperties({ url: { ...url, maxLength: 50 } }),
    changes: ['url has maxLength 50, before 100'],
  },
  {
    what: 'more items',
    newer: withProperties({ hosts: { ...hosts, minItems: 2 } }),
    changes: ['hosts has minItems 2, before 1'],
  },
  {
    what: 'a value less',
    newer: withProperties({ engine: { ...engine, enum: ['A'] } }),
    changes: ['engine does not take B any more'],
  },
  {
    what: 'another default',
    newer: withProperties({ engine: { ...engine, default: 'B' } }),
    changes: ['engine has another default: "A" before, "B" now'],
  },
  {
    what: 'another type of an item',
    newer: withProperties({ hosts: { ...hosts, items: { type: 'integer' } } }),
    changes: ['hosts[] has another type: "string" before, "integer" now'],
  },
  {
    what: 'another pattern',
    newer: withProperties({ url: { ...url, pattern: '^https://x' } }),
    changes: ['url has another pattern: "^https://" before, "^https://x" now'],
  },
  { what: 'a field that must be there', newer: { ...older, required: ['url', 'hosts'] }, changes: [' requires hosts'] },
  {
    what: 'a new rule',
    newer: { ...older, 'x-kubernetes-validations': [{ rule: 'has(self.url)' }, { rule: 'has(self.hosts)' }] },
    changes: [' has the rule has(self.hosts)'],
  },
  {
    what: 'a rule about a new field',
    newer: {
      ...withProperties({ other: { type: 'string' } }),
      'x-kubernetes-validations': [{ rule: 'has(self.url)' }, { rule: "!has(self.other) || self.engine == 'A'" }],
    },
    changes: [],
  },
  {
    what: 'a rule about an old field',
    newer: { ...older, 'x-kubernetes-validations': [{ rule: "!has(self.url) || self.engine == 'A'" }] },
    changes: [" has the rule !has(self.url) || self.engine == 'A'"],
  },
];

describe('what an upgrade of the CRD would break', () => {
  for (const { what, newer, changes } of cases) {
    it(`is ${changes.length === 0 ? 'nothing' : 'said'} of ${what}`, () => {
      expect(breakingChanges(older, newer).map(({ path, change }) => `${path} ${change}`)).to.deep.equal(changes);
    });
  }
});
