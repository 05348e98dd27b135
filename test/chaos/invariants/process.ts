import { createHash } from 'node:crypto';
import type { OwnEnd } from '../stage/replicas.js';
import type { ReplicaWrite } from '../stage/write-order.js';

const HASHES = ['md5', 'sha1', 'sha256', 'sha512'] as const;
const ENCODINGS = ['hex', 'base64', 'base64url'] as const;

/** Text that came out of the operator, and where. */
export interface Output {
  readonly where: string;
  readonly text: string;
}

/** No password of the run, nor its Base64, nor a plain hash of it, is in any log, status, Event, policy or metric, or in what Harbor shows. */
export function secretsTold(outputs: readonly Output[], passwords: Iterable<string>): readonly string[] {
  const forms = [...passwords].flatMap((password) => [password, ...base64Of(password), ...hashesOf(password)]);
  return outputs.flatMap(({ where, text }) => {
    const told = forms.filter((form) => text.includes(form));
    return told.map((form) => `${where} tells a password that begins with ${form.slice(0, 14)}`);
  });
}

/** What is sure to be in the Base64 of a text with the password in it, wherever it begins there: of `user:password`, too. */
function base64Of(password: string): readonly string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.from('x'.repeat(before) + password).toString('base64');
    const bits = (before + password.length) * 8;
    // The first character that has a bit of the password only, to the last one.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
  });
}

function hashesOf(password: string): readonly string[] {
  return HASHES.flatMap((hash) => ENCODINGS.map((encoding) => createHash(hash).update(password).digest(encoding)));
}

/** What a leader with a hundred mirrors may need at most, with its log at debug, in bursts: half as much again as was seen in most runs. */
const BOUND_MIB = 192;

export function memoryExceeded(peakMiB: number): readonly string[] {
  return peakMiB <= BOUND_MIB ? [] : [`an operator used ${peakMiB} MiB, more than ${BOUND_MIB}`];
}

/** A replica leads once in its life, so after the next leader's first write it writes nothing any more. */
export function wroteAfterItsTime(writes: readonly ReplicaWrite[]): readonly string[] {
  const former = new Set<string>();
  let leader: string | undefined;
  return writes.flatMap(({ replica, what }) => {
    if (former.has(replica)) return [`${replica} wrote ${what} after ${leader ?? 'another'} had begun`];
    if (leader !== undefined && leader !== replica) former.add(leader);
    leader = replica;
    return [];
  });
}

/** An operator ends by itself where it lost its lease, and for nothing else. */
export function endedForNoReason(ends: readonly OwnEnd[]): readonly string[] {
  return ends
    .filter(({ lastWords }) => !lastWords.includes('The leader lease is lost'))
    .map(({ replica, code, lastWords }) => `${replica} ended by itself with ${code ?? 'a signal'}: ${lastWords}`);
}
