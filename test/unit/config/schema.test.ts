import { Ajv } from 'ajv';
import { expect } from 'chai';
import { OPTIONS } from '../../../src/config/options.js';
import { settingSchemas } from '../../../src/config/schema.js';

describe('the schema of the settings', () => {
  const schemas = settingSchemas();
  const ajv = new Ajv({ strict: true });
  const takes = (setting: keyof typeof OPTIONS, value: unknown): boolean => ajv.validate(schemas[setting], value);

  it('has each setting with its description', () => {
    for (const [setting, { description }] of Object.entries(OPTIONS))
      expect(schemas).to.have.nested.property(`${setting}.description`, description);
  });

  it('takes every default', () => {
    for (const [setting, schema] of Object.entries(schemas))
      if ('default' in schema) expect(ajv.validate(schema, schema.default), setting).to.be.true;
  });

  for (const [setting, right, wrong] of [
    ['harborUrl', 'https://harbor.example.org', 'harbor.example.org'],
    ['harborPullHost', 'harbor.example.org:8443', 'https://harbor.example.org'],
    ['requestTimeoutMs', '15s', 15],
    ['workers', 16, 0],
    ['leaderElect', true, 'true'],
    ['keySecret', 'key', 'A key'],
    ['logLevel', 'debug', 'loud'],
  ] as const) {
    it(`takes ${JSON.stringify(right)} for ${setting}, and not ${JSON.stringify(wrong)}`, () => {
      expect(takes(setting, right)).to.be.true;
      expect(takes(setting, wrong)).to.be.false;
    });
  }
});
