import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Progress } from './progress.js';

/** A build whose results several processes use. */
export interface SharedBuild {
  /** Where the results are, and the lock beside them. */
  readonly folder: string;
  /** The names of what is not there yet. */
  readonly missing: () => readonly string[];
  /** Builds what is missing. */
  readonly build: () => Promise<void>;
  readonly progress: Progress;
}

const LOOK_EVERY_MS = 250;
/** How often a wait that goes on says so. */
const STILL_WAITING_MS = 60_000;

/** As SQLite has it: somebody else holds the lock. */
const SQLITE_BUSY = 5;

/**
 * Builds what is missing. While another process builds, it waits until that has built all of it, or has ended without that: then it is this one's turn.
 * The error of its own build is passed on; that of the other one is not.
 */
export async function buildInTurn({ folder, missing, build, progress }: SharedBuild): Promise<void> {
  const builder = join(folder, 'builder.txt');
  let told = '';
  let toldAt = 0;
  for (let names = missing(); names.length > 0; names = missing()) {
    const endTurn = await beginTurn(folder);
    if (endTurn !== undefined) {
      try {
        writeFileSync(builder, `process ${process.pid} is building ${names.join(', ')}`);
        await build();
      } finally {
        endTurn();
      }
      return;
    }
    const line = `waiting for ${names.join(', ')}: ${whoBuilds(builder)} …`;
    if (line !== told || Date.now() - toldAt > STILL_WAITING_MS) {
      progress(line);
      told = line;
      toldAt = Date.now();
    }
    await pause(LOOK_EVERY_MS);
  }
}

/**
 * What ends the turn; undefined where it is another one's. The lock is a transaction of SQLite, since the operating system itself takes that from a process
 * that ends, kill -9 included: no lock is left behind, and nobody has to find out whether its owner is still alive.
 */
async function beginTurn(folder: string): Promise<(() => void) | undefined> {
  // Not at the start of the file: Node 22 warns that it is experimental, which only who builds is to see.
  const { DatabaseSync } = await import('node:sqlite');
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, 'build.lock'));
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if ((error as { readonly errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    return undefined;
  }
  return () => {
    database.close();
  };
}

/** Who has the turn writes it there a moment later. */
function whoBuilds(path: string): string {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text === '' ? 'another process is building' : text;
}
