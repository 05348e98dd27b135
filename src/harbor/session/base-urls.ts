import { harborBaseUrl } from '../http/connection.js';

/** As many as may be remembered: mirrors that come and go may have any number of urls. */
const REMEMBERED = 1000;

/** The urls of Harbors as sessions and statuses have them. Remembered, since each look at a mirror asks for its own several times. */
export class BaseUrls {
  readonly #known = new Map<string, string>();

  /** @param url - as a mirror has it */
  of(url: string): string {
    const known = this.#known.get(url);
    if (known !== undefined) return known;
    // What is no url is no Harbor, and deletion must not end on it.
    const baseUrl = URL.canParse(url) ? harborBaseUrl(url) : url;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(url, baseUrl);
    return baseUrl;
  }
}
