export interface Page<Item> {
  readonly data: readonly Item[];
  /** Send it as `cursor` for the next page; null on the last. */
  readonly next_cursor: string | null;
  /** How far back the page of a log was searched; null on the last. */
  readonly searched_back_to?: string | null;
}

/**
 * A list: `for await (const one of list)` fetches page after page, as far as you read.
 */
export class Pages<Item> implements AsyncIterable<Item> {
  constructor(private readonly fetchPage: (cursor: string | null) => Promise<Page<Item>>) {}

  /** One page: the first, or the one that a `next_cursor` leads to. */
  page(cursor: string | null = null): Promise<Page<Item>> {
    return this.fetchPage(cursor);
  }

  /** All of them, or the first `limit`. */
  async all(limit = Infinity): Promise<Item[]> {
    const found: Item[] = [];
    if (limit <= 0) return found;
    for await (const one of this) {
      found.push(one);
      if (found.length >= limit) break;
    }
    return found;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    let cursor: string | null = null;
    do {
      const page: Page<Item> = await this.fetchPage(cursor);
      yield* page.data;
      cursor = page.next_cursor;
    } while (cursor !== null);
  }
}
