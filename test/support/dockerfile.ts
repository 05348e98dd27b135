import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Instruction {
  readonly word: string;
  readonly text: string;
}

type Stage = readonly Instruction[];

/** The instructions of each stage of the Dockerfile. */
const stages: readonly Stage[] = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ')
  .split(/^FROM .*\n/m)
  .slice(1)
  .map((stage) =>
    [...stage.matchAll(/^([A-Z]+) (.*)$/gm)].map(([, word = '', text = '']): Instruction => ({ word, text })),
  );

/** The stage that makes the bundle, and the one that the image is. */
export const [BUILD = [], IMAGE = []] = stages;

export function texts(stage: Stage, word: string): readonly string[] {
  return stage.filter((instruction) => instruction.word === word).map(({ text }) => text);
}

/**
 * Does in `folder` what the first stage does, with the packages that are installed here already.
 *
 * @param run - runs a command of the stage in a folder
 * @returns the folder that the image takes over as /app
 */
export async function runBuildStage(
  folder: string,
  run: (command: string, cwd: string) => Promise<unknown>,
): Promise<string> {
  const source = join(folder, 'src');
  mkdirSync(source);
  symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
  for (const { word, text } of BUILD) {
    if (word === 'COPY') {
      const [to = '', ...from] = text.split(' ').reverse();
      for (const path of from) cpSync(join(ROOT, path), join(source, from.length > 1 ? path : to), { recursive: true });
    }
    if (word === 'RUN' && !text.startsWith('npm ci')) await run(text, source);
  }
  return join(source, 'dist');
}
