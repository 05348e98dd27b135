// What `npm test` runs, in which order, and what runs beside what.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export type Command = readonly [program: string, ...args: readonly string[]];

export interface Stage {
  readonly name: string;
  readonly command: Command;
  /** Run by mocha; any other check counts as one test. */
  readonly isSuite: boolean;
}

export interface Step {
  readonly stages: readonly Stage[];
  /** As many of the stages run side by side, in their order. */
  readonly atOnce: number;
}

/** A test that failed halfway may have left a server open, for which mocha would wait for ever: it ends when all tests have. */
const suite = (name: string, ...args: readonly string[]): Stage => ({
  name,
  command: ['mocha', '--exit', `test/${name}/**/*.test.ts`, ...args],
  isSuite: true,
});
/** @param names - of spec files, or of folders of them */
const without = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['--ignore', join('test/integration', name, name.endsWith('.ts') ? '' : '**')]);
const check = (name: string, ...command: Command): Stage => ({ name, command, isSuite: false });

/** All that is in test/integration, in parts that take the same time. Each has clusters of its own, and waits more than it computes. */
const PARTS: readonly (readonly string[])[] = (() => {
  const harbor = [
    'demo-stays-up.test.ts',
    'demo.test.ts',
    'harbor',
    'harbors',
    'image.test.ts',
    'providers',
    'real-harbor',
    'scale',
  ];
  const operator = ['cli', 'crd', 'harbor-side', 'operator', 'pull-secrets'];
  const named = [...harbor, ...operator];
  const policies = readdirSync(join(import.meta.dirname, '../../test/integration')).filter(
    (name) => !named.includes(name),
  );
  return [policies, operator, harbor];
})();

export const STEPS: readonly Step[] = [
  {
    // Each computes on one core most of the time. The longest comes first, so that none is left to end alone.
    atOnce: 2,
    stages: [
      suite('unit'),
      check('lint', 'eslint', '.'),
      suite('contract'),
      check('types', 'tsc', '--noEmit'),
      check('format', 'prettier', '--check', '--log-level', 'warn', '.'),
    ],
  },
  { atOnce: 1, stages: [check('cluster', 'tsx', 'test/cluster/bin/build.ts')] },
  {
    atOnce: PARTS.length,
    stages: PARTS.map((part) => suite('integration', ...without(PARTS.filter((other) => other !== part).flat()))),
  },
];
