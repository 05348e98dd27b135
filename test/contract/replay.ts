import type { Login } from '../harbor/index.js';
import { differences } from './compare.js';
import { putWhatIsShown } from './excerpt.js';
import { basic, send } from './http.js';
import type { Received, Sent } from './http.js';
import type { Lab } from './lab.js';
import { startLab } from './lab.js';
import type { Exchange, RecordedRequest, Recording } from './recording.js';
import type { Scenario } from './scenario.js';

export interface Outcome {
  readonly replayed: readonly number[];
  readonly skipped: readonly number[];
  /** One text for each step that came out differently. */
  readonly problems: readonly string[];
}

const recordedHost = '127.0.0.1:8085';

/** Replays a recording against a fresh stand-in, step by step. */
export async function replay(recording: Recording, scenario: Scenario): Promise<Outcome> {
  const lab = await startLab(scenario.options);
  try {
    await scenario.setup?.(lab);
    return await new Replay(lab, recording, scenario).run();
  } finally {
    await lab.stop();
  }
}

class Replay {
  readonly #lab: Lab;
  readonly #recording: Recording;
  readonly #scenario: Scenario;
  #csrfToken = '';

  constructor(lab: Lab, recording: Recording, scenario: Scenario) {
    this.#lab = lab;
    this.#recording = recording;
    this.#scenario = scenario;
  }

  async run(): Promise<Outcome> {
    const replayed: number[] = [];
    const skipped: number[] = [];
    const problems: string[] = [];
    const reasons = this.#scenario.skipped ?? {};
    for (const [index, exchange] of this.#recording.exchanges.entries()) {
      await this.#scenario.before?.[index]?.(this.#lab);
      if (reasons[index] !== undefined) {
        skipped.push(index);
        continue;
      }
      if (exchange.request === undefined || exchange.response === undefined) {
        problems.push(`${index} [${exchange.step}] is neither replayed nor listed as skipped`);
        continue;
      }
      replayed.push(index);
      if (this.#scenario.isExcerpt === true) putWhatIsShown(this.#lab.harbor, exchange);
      const received = await this.#step(index, exchange.request, exchange);
      const found = differences(exchange.response, received, this.#recording.headers);
      if (found.length > 0) {
        const { method, path } = exchange.request;
        problems.push(`${index} [${exchange.step}] ${method} ${path}\n      ${found.join('\n      ')}`);
      }
      this.#learn(exchange, received);
    }
    const unknown = Object.keys(reasons).filter((index) => this.#recording.exchanges[Number(index)] === undefined);
    for (const index of unknown) problems.push(`${index} is listed as skipped and isn't in the recording`);
    return { replayed, skipped, problems };
  }

  async #step(index: number, request: RecordedRequest, exchange: Exchange): Promise<Received> {
    this.#pin(exchange);
    const received = await send(this.#lab.harbor.url, await this.#sent(index, request));
    const own = new URL(this.#lab.harbor.url).host;
    const neutral = (text: string): string => text.replaceAll(own, recordedHost);
    const headers = Object.entries(received.headers).map(([name, value]) => [name, value && neutral(value)]);
    return { ...received, headers: Object.fromEntries(headers) as Received['headers'], body: neutral(received.body) };
  }

  async #sent(index: number, request: RecordedRequest): Promise<Sent> {
    const { body, method, path } = request;
    const headers: Record<string, string> = { ...request.headers };
    const given = headers.authorization;
    if (given !== undefined) headers.authorization = await this.#authorization(given, index, path);
    if (headers['x-harbor-csrf-token'] !== undefined) headers['x-harbor-csrf-token'] = this.#csrfToken;
    if (body === undefined) return { method, path, headers };
    headers['content-type'] ??= 'application/json';
    return { method, path, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  }

  async #authorization(recorded: string, index: number, path: string): Promise<string> {
    const login = /^Basic base64\(([^:]+):(.*)\)$/.exec(recorded);
    if (login !== null) return basic(login[1] ?? '', this.#password(login[1] ?? '', login[2] ?? ''));
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs|tags)\//.exec(path)?.[1];
    if (!recorded.startsWith('Bearer recorded') || repository === undefined) return recorded;
    const who = this.#scenario.tokens?.[index] ?? this.#lab.harbor.admin;
    const owner: Login | undefined = who === 'anonymous' ? undefined : who;
    return `Bearer ${await this.#lab.token(repository, owner)}`;
  }

  /** Some recordings keep of a right password only that it was one. */
  #password(name: string, recorded: string): string {
    if (recorded !== '<password>') return recorded;
    const { harbor } = this.#lab;
    if (name === harbor.admin.username) return harbor.admin.password;
    return harbor.robots().find((robot) => `robot$${robot.name}` === name)?.secret ?? recorded;
  }

  /** Has what a step creates get the ids that the recording has for it. */
  #pin(exchange: Exchange): void {
    const { state } = this.#lab.harbor;
    const [, kind, text] =
      /\/(registries|projects|retentions|robots|users)\/(\d+)$/.exec(exchange.response?.headers?.location ?? '') ?? [];
    if (kind === undefined) return;
    const id = Number(text);
    switch (kind) {
      case 'registries':
        state.endpoints.reserve(id);
        return;
      case 'projects':
        state.projects.reserve(id);
        this.#pinWhatComesWithProject(id);
        return;
      case 'retentions':
        state.retentions.reserve(id);
        return;
      case 'robots':
        state.robots.reserve(id);
        return;
      case 'users':
        state.users.reserve(id);
    }
  }

  #pinWhatComesWithProject(id: number): void {
    const text = this.#recording.exchanges.map((exchange) => JSON.stringify(exchange.response?.body ?? '')).join('\n');
    const retention = new RegExp(`"retention_id":"(\\d+)"[^{}]*\\}[^{}]*"project_id":${id},`).exec(text)?.[1];
    if (retention !== undefined) this.#lab.harbor.state.retentions.reserve(Number(retention));
    const quota = new RegExp(`"id":(\\d+),"ref":\\{"id":${id},`).exec(text)?.[1];
    if (quota !== undefined) this.#lab.harbor.state.quotas.reserve(Number(quota));
  }

  /** Remembers a CSRF token, and gives a robot the secret with which later steps log in. */
  #learn(exchange: Exchange, received: Received): void {
    this.#csrfToken = received.headers['x-harbor-csrf-token'] ?? this.#csrfToken;
    const body = exchange.response?.body;
    if (typeof body !== 'object' || body === null || !('secret' in body) || typeof body.secret !== 'string') return;
    const fromPath = /\/robots\/(\d+)$/.exec(exchange.request?.path ?? '')?.[1];
    const id = 'id' in body && typeof body.id === 'number' ? body.id : Number(fromPath);
    const robot = this.#lab.harbor.state.robots.get(id);
    if (robot !== undefined) robot.secret = body.secret;
  }
}
