import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { linkerFlags, moduleFolder, pinnedVersion, programs } from './programs.js';
import type { ModuleName } from './programs.js';

/** A Go module's pins, and where what is built from them is kept. */
export interface Pins {
  readonly module: ModuleName;
  /** Text of its go.mod. */
  readonly goMod: string;
  /** This module's part of the cache, named by all that decides what is built. */
  readonly output: string;
}

/** Raised when a generated file in the cache changes its form. */
const cacheForm = 2;

/** The cache's folder: REGISTRY_MIRROR_CACHE, else ~/.cache/registry-mirror-operator. */
export function cacheFolder(): string {
  const fromEnvironment = process.env.REGISTRY_MIRROR_CACHE;
  if (fromEnvironment !== undefined && fromEnvironment !== '') return fromEnvironment;
  return join(homedir(), '.cache', 'registry-mirror-operator');
}

/** Reads a module's go.mod and go.sum. */
export async function readPins(module: ModuleName): Promise<Pins> {
  const folder = moduleFolder(module);
  const [goMod, goSum] = await Promise.all([
    readFile(join(folder, 'go.mod'), 'utf8'),
    readFile(join(folder, 'go.sum'), 'utf8'),
  ]);
  const own = programs.filter((program) => program.module === module);
  const flags = own.map((program) => linkerFlags(module, pinnedVersion(goMod, program.source)));
  const hash = createHash('sha256')
    .update(JSON.stringify([cacheForm, process.platform, process.arch, goMod, goSum, flags]))
    .digest('hex')
    .slice(0, 16);
  return { module, goMod, output: join(cacheFolder(), 'bin', `${module}-${hash}`) };
}
