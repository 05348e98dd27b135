import type { OwnEnd } from '../stage/replicas.js';

/** Text that came out of the operator, and where. */
export interface Output {
  readonly where: string;
  readonly text: string;
}

/** No password of the run, nor its Base64, is in any log, status, Event, policy or metric. */
export function secretsTold(outputs: readonly Output[], passwords: Iterable<string>): readonly string[] {
  const forms = [...passwords].flatMap((password) => [password, Buffer.from(password).toString('base64')]);
  return outputs.flatMap(({ where, text }) => {
    const told = forms.filter((form) => text.includes(form));
    return told.map((form) => `${where} tells a password that begins with ${form.slice(0, 14)}`);
  });
}

/** What a leader with a hundred mirrors may need at most, with its log at debug, in bursts: three quarters of its container's limit. */
const BOUND_MIB = 384;

export function memoryExceeded(peakMiB: number): readonly string[] {
  return peakMiB <= BOUND_MIB ? [] : [`an operator used ${peakMiB} MiB, more than ${BOUND_MIB}`];
}

/** An operator ends by itself where it lost its lease, and for nothing else. */
export function endedForNoReason(ends: readonly OwnEnd[]): readonly string[] {
  return ends
    .filter(({ lastWords }) => !lastWords.includes('The leader lease is lost'))
    .map(({ replica, code, lastWords }) => `${replica} ended by itself with ${code ?? 'a signal'}: ${lastWords}`);
}
