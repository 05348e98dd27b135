import { expect } from 'chai';
import { join } from 'node:path';
import { shapeOf, shapeText } from '../harbor/shape.js';
import type { Shape, ShapedCall } from '../harbor/shape.js';
import { runCommand } from '../support/command.js';
import { Coverage } from './coverage.js';
import { guard, sightings } from './guard.js';
import { recordedShapes } from './recorded-shapes.js';
import { unrecorded } from './unrecorded.js';

const shape = (changes: Partial<ShapedCall> = {}): Shape =>
  shapeOf({ method: 'GET', path: '/api/v2.0/projects/12', caller: 'robot', body: undefined, ...changes });
const post = (body: unknown): Shape => shape({ method: 'POST', path: '/api/v2.0/projects', body });

describe('the shape of a call to Harbor', () => {
  const cases: Readonly<Record<string, readonly [Shape, string]>> = {
    'has no ids and names': [
      shape({ path: '/api/v2.0/projects/quay/repositories/atlas%252Fathena' }),
      'GET /api/v2.0/projects/{project_name}/repositories/{repository_name} as robot',
    ],
    'has no repositories and tags': [
      shape({ path: '/v2/quay/atlas/athena/manifests/v1', caller: 'bearer' }),
      'GET /v2/{repository}/manifests/{reference} as bearer',
    ],
    'has the names in the query, sorted, and the keys that are asked for': [
      shape({ path: '/api/v2.0/robots?page=2&q=Level%3Dproject%2CProjectID%3D4&page_size=100' }),
      'GET /api/v2.0/robots?page&page_size&q.Level&q.ProjectID as robot',
    ],
    'tells an empty parameter from none': [
      shape({ path: '/service/token?service=harbor-registry&scope=', caller: 'anonymous' }),
      'GET /service/token?scope&service as anonymous',
    ],
    'has the members of the body, however deep, each once': [
      post({ project_name: 'quay', metadata: { public: 'true' }, access: [{ action: 'pull' }, { action: 'push' }] }),
      'POST /api/v2.0/projects as robot {access[].action, metadata.public, project_name}',
    ],
    'has an empty member by its name': [
      post({ metadata: {}, rules: [] }),
      'POST /api/v2.0/projects as robot {metadata, rules}',
    ],
  };
  for (const [what, [actual, expected]] of Object.entries(cases)) {
    it(what, () => {
      expect(shapeText(actual)).to.equal(expected);
    });
  }
});

describe('what was recorded', () => {
  const recorded = [
    post({ project_name: 'a', metadata: { public: 'true', auto_scan: 'true' } }),
    post({ project_name: 'a', metadata: { public: 'true', severity: 'high' } }),
    shape({ path: '/api/v2.0/projects?page=1' }),
  ];
  const coverage = new Coverage(recorded);

  it('covers the same call with other values', () => {
    expect(coverage.covers(shape({ path: '/api/v2.0/projects?page=7' }))).to.equal(true);
  });

  it('covers settings that were each recorded, though not together', () => {
    const together = post({ project_name: 'b', metadata: { auto_scan: 'false', severity: 'low' } });
    expect(coverage.covers(together)).to.equal(true);
  });

  const others: Readonly<Record<string, Shape>> = {
    'another method': shape({ method: 'DELETE', path: '/api/v2.0/projects?page=1' }),
    'another route': shape({ path: '/api/v2.0/registries?page=1' }),
    'a parameter more': shape({ path: '/api/v2.0/projects?page=1&sort=name' }),
    'a parameter less': shape({ path: '/api/v2.0/projects' }),
    'another caller': shape({ path: '/api/v2.0/projects?page=1', caller: 'user' }),
    'a member more': post({ project_name: 'b', registry_id: 1, metadata: { public: 'true' } }),
    'a member less': post({ metadata: { public: 'true' } }),
    'a setting that was never recorded': post({ project_name: 'b', metadata: { public: 'true', prevent_vul: 'true' } }),
  };
  for (const [what, other] of Object.entries(others)) {
    it(`does not cover ${what}`, () => {
      expect(coverage.covers(other)).to.equal(false);
    });
  }
});

describe('the guard over what the Harbor stand-in sees', () => {
  const line = (entry: object): string => `${JSON.stringify(entry)}\n`;
  const scopeless = shape({ path: '/service/token?service=harbor-registry', caller: 'robot', method: 'POST' });

  it('tells in which test a shape was seen first', () => {
    const text = [{ test: 'a' }, { test: 'b' }, { shape: scopeless }, { test: 'c' }, { shape: scopeless }].map(line);
    expect(sightings(text.join(''))).to.deep.equal([{ shape: scopeless, test: 'b' }]);
  });

  it('has nothing against what was recorded, and names what was not', () => {
    const health = shape({ path: '/api/v2.0/health', caller: 'anonymous' });
    expect(guard(line({ test: 'a' }) + line({ shape: health }))).to.deep.equal([]);
    expect(guard(line({ test: 'a' }) + line({ shape: scopeless }))).to.deep.equal([
      '  POST /service/token?service as robot\n    in a',
    ]);
  });

  it('names a call that a real Harbor was only seen to refuse: a token without a scope', () => {
    const token = (path: string): string => line({ shape: shape({ path, caller: 'anonymous' }) });
    expect(guard(token('/service/token?service=harbor-registry&scope='))).to.deep.equal([]);
    expect(guard(token('/service/token?service=harbor-registry')).join()).to.contain(
      'GET /service/token?service as anonymous',
    );
  });

  it('excuses nothing that was recorded, and gives a reason for each', () => {
    const known = new Set(recordedShapes().map(shapeText));
    for (const { shape: text, reason } of unrecorded) {
      expect(known, text).to.not.include(text);
      expect(reason).to.match(/\w \w.*\w \w/);
    }
  });

  it('ends a run red, with the shape and the test in its output', async function () {
    this.timeout(60_000);
    const spec = join(import.meta.dirname, 'fixtures/calls.ts');
    const { code, stdout } = await runCommand('mocha', [spec], { cwd: join(import.meta.dirname, '../..') });
    expect(stdout).to.contain('3 passing').and.to.contain('1 failing');
    expect(stdout).to.contain(
      `  GET /api/v2.0/projects/{project_name_or_id}/metadatas as wrong password
    in test/contract/fixtures/calls.ts: calls makes one that was never recorded`,
    );
    expect(stdout.match(/ in test\/contract\/fixtures/g)).to.have.lengthOf(2);
    expect(stdout).to.contain(
      'HEAD /v2/{repository}/blobs/{reference} as wrong password\n    in test/contract/fixtures',
    );
    expect(code).to.equal(1);
  });
});
