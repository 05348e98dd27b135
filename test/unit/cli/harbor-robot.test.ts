import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { run } from '../../../src/cli/program.js';
import { robotPermissions } from '../../../src/harbor/permissions.js';
import type { RobotPermission } from '../../../src/harbor/types.js';

const RECORDING = join(import.meta.dirname, '../../contract/data/13c_robot_minimal_lifecycle.json');
const NONE = { quotas: false, pullRobots: false } as const;

interface Recording {
  readonly exchanges: readonly {
    readonly request: { readonly body: { readonly permissions: readonly RobotPermission[] } };
  }[];
}

const flat = (permissions: readonly RobotPermission[]): readonly string[] =>
  permissions.flatMap(({ namespace, access }) =>
    access.map(({ resource, action }) => `${namespace} ${resource} ${action}`),
  );

const printed = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const out: string[] = [];
  expect(await run(['harbor-robot', ...args], { out: (line) => out.push(line), warn: () => undefined })).to.equal(0);
  return JSON.parse(out.join('\n')) as Record<string, unknown>;
};

describe('registry-mirror harbor-robot', () => {
  it('asks for exactly the permissions that sufficed on a real Harbor', () => {
    const { exchanges } = JSON.parse(readFileSync(RECORDING, 'utf8')) as Recording;
    expect(robotPermissions(NONE)).to.deep.equal(exchanges[0]?.request.body.permissions);
  });

  const more: readonly [string, Partial<typeof NONE> | object, readonly string[]][] = [
    ['quotas', { quotas: true }, ['/ quota list', '/ quota update']],
    ['pull robots', { pullRobots: true }, ['* robot create', '* robot list', '* repository pull']],
  ];
  for (const [sentence, duties, expected] of more) {
    it(`adds for ${sentence} what that takes, and no more`, () => {
      const least = flat(robotPermissions(NONE));
      const added = flat(robotPermissions({ ...NONE, ...duties })).filter((permission) => !least.includes(permission));
      expect(added).to.deep.equal(expected);
    });
  }

  it('prints the JSON for Harbor’s API', async () => {
    const robot = await printed('--name', 'mirrors', '--days', '90', '--quotas');
    expect(robot).to.include({ name: 'mirrors', level: 'system', duration: 90 });
    expect(robot).to.not.have.property('durationDays');
    expect(JSON.stringify(robot.permissions)).to.include('quota');
  });

  it('names Harbor and its login with the flags that import and plan have', async () => {
    const login = ['--harbor-url <url>', '--harbor-username <name>', '--harbor-password-file <path>'];
    for (const command of ['harbor-robot', 'import', 'plan']) {
      const out: string[] = [];
      await run([command, '--help'], { out: (line) => out.push(line), warn: () => undefined });
      const help = out.join('\n');
      for (const flag of [...login, '--harbor-insecure-skip-tls-verify <boolean>']) expect(help).to.include(flag);
      expect(help).to.not.match(/--(username|password|ca-file|insecure)/);
    }
  });

  const wrong: readonly [string, readonly string[]][] = [
    ['no Harbor', ['--create', '--harbor-password-file', 'x']],
    ['no password', ['--create', '--harbor-url', 'http://127.0.0.1:1']],
    [
      'two passwords',
      ['--create', '--harbor-url', 'http://127.0.0.1:1', '--harbor-password-file', 'x', '--harbor-password-stdin'],
    ],
    ['neither true nor false', ['--create', '--harbor-insecure-skip-tls-verify', 'perhaps']],
    ['a time that is none', ['--days', '0']],
    ['applying what is not created', ['--apply']],
    ['creating and deleting at once', ['--create', '--delete']],
    ['deleting by two names', ['--delete', '--minted', '--name', 'mirrors']],
    ['what the operator made, without a word about deleting it', ['--minted']],
    ['deleting without a Harbor', ['--delete', '--harbor-password-file', 'x']],
  ];
  for (const [sentence, args] of wrong) {
    it(`ends with 2 for ${sentence}`, async () => {
      const warnings: string[] = [];
      const code = await run(['harbor-robot', ...args], { out: () => undefined, warn: (line) => warnings.push(line) });
      expect(code).to.equal(2);
      expect(warnings.join('\n')).to.not.equal('');
    });
  }
});
