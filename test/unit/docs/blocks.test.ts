import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAllDocuments } from 'yaml';
import { API_VERSION, KIND } from '../../../src/api/group.js';
import { mirrorValidator } from '../../../src/cli/crd/validator.js';
import { run } from '../../../src/cli/program.js';
import { runCommand } from '../../support/command.js';
import { blocksOf, commandsIn, PAGES, readPage, ROOT } from './pages.js';
import type { Block } from './pages.js';

/** What a part of a mirror's spec is known by. */
const PARTS = ['upstream', 'harbor', 'project', 'rewrite', 'adoptionPolicy', 'deletionPolicy'];

const commands = PAGES.flatMap(commandsIn);
const place = ({ page, line }: { readonly page: string; readonly line: number }): string => `${page}:${line}`;
/** `<!-- Run by test/… -->` or `<!-- Not run: why. -->`, right before the block. */
const marker = /<!-- (Run by (.+)|Not run(?: in one piece)?: .+\.) -->$/;

describe('the commands in the documentation', () => {
  it('say which test runs them, or why none does', () => {
    const unmarked = commands.filter(({ before }) => !marker.test(before)).map(place);
    expect(unmarked, 'write <!-- Run by test/… --> or <!-- Not run: why. --> right before the block').to.deep.equal([]);
  });

  it('name tests that there are', () => {
    const comments = PAGES.flatMap((page) => readPage(page).match(/<!-- [^]*? -->/g) ?? []);
    const named = comments.flatMap((comment) => comment.match(/(?:\btest|\.ci)\/[\w./-]*\w/g) ?? []);
    expect(named).not.to.be.empty;
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).to.deep.equal([]);
  });

  it('name a test that reads the page, or the page that has the same commands for it', () => {
    const unread = commands
      .filter((block) => isRun(block) && sourcesOf(block).length === 0)
      .filter(({ page, before }) => {
        const named = marker.exec(before)?.[0].match(/\btest\/[\w./-]+\.ts\b/g) ?? [];
        return named.length > 0 && !named.some((path) => readPage(path).includes(page));
      });
    expect(unread.map(place)).to.deep.equal([]);
  });

  it('are the same wherever they were copied to', () => {
    const copies = commands.filter((block) => sourcesOf(block).length > 0);
    expect(copies.map(({ page }) => page)).to.include.members(['README.md', 'docs/tutorial/first-mirror.md']);
    const others = copies.flatMap((copy) => {
      const sources = commands.filter((block) => sourcesOf(copy).includes(block.page));
      const run = sources.filter((block) => isRun(block) && sourcesOf(block).length === 0).flatMap(linesOf);
      return linesOf(copy)
        .filter((line) => !run.includes(line))
        .map((line) => `${place(copy)}: ${line}`);
    });
    expect(others, 'that no test runs').to.deep.equal([]);
  });

  it('have no script that package.json lacks', () => {
    const { scripts } = JSON.parse(readPage('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const called = commands.flatMap(({ text }) => [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)]);
    expect(called).not.to.be.empty;
    expect(called.map(([, name = '']) => name).filter((name) => !(name in scripts))).to.deep.equal([]);
  });

  it('are ones that a shell can read', async () => {
    const refused = await Promise.all(
      commands.map(async (block) => {
        // What a reader has to fill in is a word of its own there.
        const { code, stderr } = await runCommand('bash', ['-n'], { stdin: block.text });
        return code === 0 ? [] : [`${place(block)}: ${stderr}`];
      }),
    );
    expect(refused.flat()).to.deep.equal([]);
  });

  it('have no flag that the command line doesn’t know', async () => {
    const calls = commands.flatMap(({ text }) => [
      ...text
        .replaceAll('\\\n', ' ')
        .matchAll(/(?:^|\| |&& )(?:registry-mirror|npx node dist\/cli\/main\.js) ([a-z-]+)(.*?)(?:#|$)/gm),
    ]);
    expect(calls).not.to.be.empty;
    for (const [call, command = '', rest = ''] of calls) {
      const help: string[] = [];
      await run([command, '--help'], { out: (line) => help.push(line), warn: (line) => help.push(line) });
      const flags = rest.match(/ --[a-z-]+/g) ?? [];
      expect(
        flags.filter((flag) => !help.join('\n').includes(flag.trim())),
        call,
      ).to.deep.equal([]);
    }
  });
});

describe('the mirrors in the documentation', () => {
  const validate = mirrorValidator();

  for (const page of PAGES) {
    const yaml = blocksOf(page).filter(({ language }) => language === 'yaml');
    const mirrors = yaml.flatMap((block) =>
      parseAllDocuments(block.text)
        .map((document) => asMirror(document.toJS()))
        .filter((mirror) => mirror !== undefined)
        .map((mirror) => ({ block, mirror })),
    );
    if (mirrors.length === 0) continue;
    it(`are ones that the API server takes, in ${page}`, () => {
      for (const { block, mirror } of mirrors) expect(validate(mirror), place(block)).to.deep.equal([]);
    });
  }
});

function isRun({ before }: Block): boolean {
  return marker.exec(before)?.[1]?.startsWith('Run by ') ?? false;
}

/** The pages that a test reads these commands from, where it is not this one: `<!-- Run by test/…, from docs/…. -->`. */
function sourcesOf({ before }: Block): readonly string[] {
  const [, pages = ''] = /<!-- Run by .+, from (.+) -->$/.exec(before) ?? [];
  return pages.match(/[\w/-]+\.md\b/g) ?? [];
}

/** One command each, however long the lines are. */
function linesOf({ text }: Block): readonly string[] {
  const lines = text.replaceAll(/\s*\\\n\s*/g, ' ').split('\n');
  return lines.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '');
}

/** The mirror that a block shows whole or a part of; undefined where it shows something else. */
function asMirror(shown: unknown): object | undefined {
  if (typeof shown !== 'object' || shown === null) return undefined;
  const whole = { apiVersion: API_VERSION, kind: KIND, metadata: { name: 'shown' } };
  const upstream = { type: 'docker-hub' };
  if ('kind' in shown) return shown.kind === KIND ? shown : undefined;
  if ('spec' in shown) {
    const spec = shown.spec as object;
    const isMirror = PARTS.some((part) => part in spec);
    return isMirror ? { ...whole, spec: { upstream, ...spec } } : undefined;
  }
  return 'upstream' in shown ? { ...whole, spec: shown } : undefined;
}
