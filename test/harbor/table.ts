/**
 * Rows by id, in the order of their last write: lists that Harbor doesn't sort come back as PostgreSQL stores them, where
 * an updated row moves to the end.
 */
export class Table<Row extends { readonly id: number }> {
  readonly #rows = new Map<number, Row>();
  #lastId = 0;

  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** The next id that is handed out is at least this one. */
  reserve(id: number): void {
    this.#lastId = Math.max(this.#lastId, id - 1);
  }

  put(row: Row): Row {
    this.#rows.delete(row.id);
    this.#rows.set(row.id, row);
    return row;
  }

  get(id: number): Row | undefined {
    return this.#rows.get(id);
  }

  delete(id: number): boolean {
    return this.#rows.delete(id);
  }

  find(test: (row: Row) => boolean): Row | undefined {
    for (const row of this.#rows.values()) if (test(row)) return row;
    return undefined;
  }

  filter(test: (row: Row) => boolean): Row[] {
    return this.all().filter(test);
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }

  get size(): number {
    return this.#rows.size;
  }

  clear(): void {
    this.#rows.clear();
  }
}
