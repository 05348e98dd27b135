import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Identity } from './call.js';
import type { Harbor } from './harbor.js';

const anonymous: Identity = { kind: 'anonymous' };

/** Tells who calls, and what a wrong password costs. */
export class Authenticator {
  readonly #harbor: Harbor;
  readonly #lockedUntil = new Map<string, number>();

  constructor(harbor: Harbor) {
    this.#harbor = harbor;
  }

  /**
   * Who sent these headers. A wrong password is held back, locks its user meanwhile (robots aren't locked), and makes the
   * sender anonymous rather than being refused.
   */
  async identify(headers: IncomingHttpHeaders): Promise<Identity> {
    const credential = basic(headers.authorization);
    if (credential === undefined || this.#harbor.broken.database) return anonymous;
    const [name, secret] = credential;
    return name.startsWith(this.#robotPrefix) ? this.#robot(name, secret) : this.#user(name, secret);
  }

  get #robotPrefix(): string {
    return this.#harbor.configuration.robotNamePrefix;
  }

  async #robot(name: string, secret: string): Promise<Identity> {
    const stored = name.slice(this.#robotPrefix.length);
    const robot = this.#harbor.state.robots.find((candidate) => candidate.name === stored);
    const isValid =
      robot?.secret === secret && !robot.disable && (robot.expiresAt === -1 || robot.expiresAt > Date.now() / 1000);
    if (robot !== undefined && isValid) return { kind: 'robot', robot, name };
    await delay(this.#harbor.settings.wrongPasswordDelayMs);
    return anonymous;
  }

  async #user(name: string, password: string): Promise<Identity> {
    if ((this.#lockedUntil.get(name) ?? 0) > performance.now()) return anonymous;
    const { latency, wrongPasswordDelayMs } = this.#harbor.settings;
    if (latency.password !== undefined) await delay(latency.password);
    const user = this.#harbor.state.users.find((candidate) => candidate.name === name);
    if (user?.password === password) return { kind: 'user', id: user.id, name, admin: user.admin };
    this.#lockedUntil.set(name, performance.now() + wrongPasswordDelayMs);
    await delay(wrongPasswordDelayMs);
    this.#lockedUntil.delete(name);
    return anonymous;
  }
}

/** User name and password of a basic Authorization header; undefined when it isn't one. */
export function basic(header: string | undefined): readonly [string, string] | undefined {
  if (header?.startsWith('Basic ') !== true) return undefined;
  const text = Buffer.from(header.slice('Basic '.length), 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
