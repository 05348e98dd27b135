import { readFileSync } from 'node:fs';

import type { MirrorEntry } from '../../../src/engines/entry.js';

/** What a runtime makes of an image name, as decided by the parser of the distribution project. */
export interface GoldenCase {
  readonly image: string;
  readonly valid: boolean;
  readonly domain?: string;
  readonly path?: string;
  readonly tag?: string;
  readonly digest?: string;
  readonly mirror?: string;
  /** The name after the rewrite with all {@link goldenEntries} in force. */
  readonly expected: string;
}

interface GoldenData {
  readonly cases: readonly GoldenCase[];
  readonly mirrors: Readonly<Record<string, string>>;
}

interface RepositoryData {
  readonly entries: readonly MirrorEntry[];
  readonly cases: readonly Pick<GoldenCase, 'image' | 'expected'>[];
}

const golden = read('rewrites.json') as GoldenData;
const repositories = read('repositories.json') as RepositoryData;

export const goldenCases = golden.cases;

export const goldenEntries: readonly MirrorEntry[] = Object.entries(golden.mirrors).map(
  ([host, pullPrefix], index) => ({
    mirror: `golden-${index}`,
    hosts: [host],
    pullPrefix,
    include: [],
    exclude: [],
  }),
);

/** Several mirrors on one host, told apart by globs. */
export const repositoryCases = repositories.cases;
export const repositoryEntries = repositories.entries;

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../data/${name}`, import.meta.url), 'utf8'));
}
