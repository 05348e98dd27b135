import { formerHarborsOf } from '../../api/former-harbors.js';
import type { RegistryMirror } from '../../api/registry-mirror.js';
import { referenceTo, sessionKey } from './address.js';
import type { HarborSecrets, OwnHarbor } from './address.js';
import { BaseUrls } from './base-urls.js';
import { isSaidToBeDown } from './said-down.js';

interface HarborUsersOptions {
  readonly own: OwnHarbor;
  readonly secrets: HarborSecrets;
  readonly mirrors: () => readonly RegistryMirror[];
}

/** Which mirrors use which Harbor, and which session with it: each uses its present Harbor, and those that it was moved away from and isn't done with. */
export class HarborUsers {
  readonly #options: HarborUsersOptions;
  readonly #baseUrls = new BaseUrls();

  constructor(options: HarborUsersOptions) {
    this.#options = options;
  }

  /** The url of a mirror's Harbor, as its session and its status have it. */
  urlFor({ spec }: RegistryMirror): string {
    return this.#baseUrls.of(spec.harbor?.url ?? this.#options.own.url);
  }

  /** The urls of all Harbors that a mirror uses. */
  urlsOf(mirror: RegistryMirror): readonly string[] {
    const url = this.urlFor(mirror);
    return [url, ...formerHarborsOf(mirror, url).map((former) => former.url)];
  }

  /** The names of the mirrors that use the Harbor of this url. */
  at(url: string): ReadonlySet<string> {
    const users = this.#options.mirrors().filter((mirror) => this.urlsOf(mirror).includes(url));
    return new Set(users.map(({ metadata }) => metadata.name));
  }

  /** The mirrors that use the session with this key. */
  of(key: string): readonly RegistryMirror[] {
    return this.#options.mirrors().filter((mirror) => this.#keysOf(mirror).includes(key));
  }

  /** Those of these keys whose session no mirror uses. Asks no more mirrors than it takes to find a user of each. */
  unused(keys: Iterable<string>): ReadonlySet<string> {
    const unused = new Set(keys);
    for (const mirror of this.#options.mirrors()) {
      if (unused.size === 0) break;
      for (const key of this.#keysOf(mirror)) unused.delete(key);
    }
    return unused;
  }

  /** Whether the statuses of those that use this session, and were last seen at this url, say that Harbor is down. */
  sayDown(key: string, url: string): boolean {
    const { mirrors, own } = this.#options;
    const users = mirrors().filter(({ status }) => status.harbor?.url === url);
    return isSaidToBeDown(users.filter(({ spec }) => sessionKey(spec.harbor ?? {}, own) === key));
  }

  #keysOf(mirror: RegistryMirror): readonly string[] {
    const { own, secrets } = this.#options;
    const former = formerHarborsOf(mirror, this.urlFor(mirror));
    const references = [mirror.spec.harbor ?? {}, ...former.map((harbor) => referenceTo(harbor, own, secrets))];
    return references.map((reference) => sessionKey(reference, own));
  }
}
