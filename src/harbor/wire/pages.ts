import { z } from 'zod';
import type { Call, HarborRequest } from '../http/call.js';
import type { HarborError } from '../http/errors.js';
import type { Listing, Unreadable } from '../types.js';
import { fault, Gathered } from './listing.js';
import type { ListedKind } from './listing.js';
import { unexpected } from './read.js';

/** The most that Harbor gives out at once; 101 is a 422. */
export const PAGE_SIZE = 100;
/** Twenty times what one Harbor is known to hold. Beyond it, a count is a mistake or malice, and reading would take minutes. */
const MOST_PAGES = 1000;
const MOST_CHARACTERS = 64 * 1024 * 1024;
const PAGES_AT_ONCE = 4;
const ATTEMPTS = 3;

const page = z.array(z.unknown()).max(PAGE_SIZE);

/**
 * Reads all pages of a list: the first, then some of the others side by side, as many as Harbor counts and no more than it has. An object that
 * goes away meanwhile can push another one out of sight, to the page that was just read; then there are fewer than Harbor counted and all
 * is read again, up to three times. Created and deleted at once can still hide one: before anything is made or given up because
 * it is missing here, look it up by name.
 *
 * Harbor's Link is never followed: where the next page is, is known.
 */
export async function readPages<T extends { readonly id: number }>(
  request: HarborRequest,
  call: Call,
  kind: ListedKind<T>,
): Promise<Listing<T>> {
  for (let attempt = 1; ; attempt++) {
    const reading = new ListReading(request, call, kind);
    const counted = await reading.run();
    const lacking = counted - reading.gathered.size;
    // A page too few is no object that moved: the count is wrong, and reading again doesn't mend it.
    if (lacking <= 0 || lacking > PAGE_SIZE || attempt === ATTEMPTS) return reading.gathered.listing;
  }
}

/**
 * The one object that is looked for in a list.
 *
 * @param isIt - whether an object is it
 * @param mayBeIt - whether one that can't be read may be it: then the answer is an error, and not that it isn't there
 */
export async function findInPages<T extends { readonly id: number }>(
  request: HarborRequest,
  call: Call,
  kind: ListedKind<T>,
  isIt: (item: T) => boolean,
  mayBeIt: (item: Unreadable) => boolean,
): Promise<T | undefined> {
  const { items, unreadable } = await readPages(request, call, kind);
  const found = items.find(isIt);
  const doubtful = found === undefined ? unreadable.find(mayBeIt) : undefined;
  if (doubtful !== undefined) throw unreadableItem(call, kind.noun, doubtful);
  return found;
}

/** What a list says about this object can't be read. */
export function unreadableItem(call: Call, noun: string, item: Unreadable): HarborError {
  const { id, name, why } = item;
  const which = name ?? (id === undefined ? 'without a name' : `${id}`);
  return unexpected(call, `${noun} ${which} is there and can't be read (${why})`, 200);
}

interface ReadPage {
  readonly size: number;
  /** Whether anything on it was on no page before. */
  readonly isNew: boolean;
  readonly total: number | undefined;
}

class ListReading<T extends { readonly id: number }> {
  readonly gathered: Gathered<T>;
  readonly #request: HarborRequest;
  readonly #call: Call;
  #characters = 0;
  #next = 2;
  #last = 1;

  constructor(request: HarborRequest, call: Call, kind: ListedKind<T>) {
    this.#request = request;
    this.#call = call;
    this.gathered = new Gathered(kind);
  }

  /** @returns how many objects Harbor counted */
  async run(): Promise<number> {
    const first = await this.#read(1);
    if (first.total === undefined && first.size >= PAGE_SIZE) {
      throw unexpected(this.#call, 'no X-Total-Count: does a proxy in front of Harbor drop it?', 200);
    }
    const counted = first.total ?? first.size;
    if (counted < first.size && first.size === PAGE_SIZE) {
      throw unexpected(this.#call, `X-Total-Count is ${counted}, and there are more`, 200);
    }
    if (counted > MOST_PAGES * PAGE_SIZE) {
      throw unexpected(this.#call, `${counted} objects in a list, of which ${MOST_PAGES * PAGE_SIZE} can be read`, 200);
    }
    if (first.size > 0) this.#last = Math.ceil(counted / PAGE_SIZE);
    await Promise.all(Array.from({ length: PAGES_AT_ONCE }, async () => this.#readOthers()));
    return counted;
  }

  async #readOthers(): Promise<void> {
    while (this.#next <= this.#last) {
      const { isNew } = await this.#read(this.#next++);
      // Past the end, whatever was counted: nothing, or the same again.
      if (!isNew) this.#last = 0;
    }
  }

  /** What a page holds is kept, the page is not. */
  async #read(number: number): Promise<ReadPage> {
    const call = { ...this.#call, query: { ...this.#call.query, page: number, page_size: PAGE_SIZE } };
    try {
      const answer = await this.#request(call);
      const items = page.safeParse(answer.body);
      if (!items.success) throw unexpected(call, fault(items.error), answer.status);
      this.#characters += answer.characters;
      if (this.#characters > MOST_CHARACTERS) {
        throw unexpected(call, `a list of more than ${MOST_CHARACTERS / 1024 / 1024} MiB`, answer.status);
      }
      let isNew = false;
      for (const item of items.data) if (this.gathered.add(item)) isNew = true;
      return { size: items.data.length, isNew, total: answer.total };
    } catch (error) {
      this.#last = 0;
      throw error;
    }
  }
}
