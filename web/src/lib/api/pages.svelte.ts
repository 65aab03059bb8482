//! A list that the server hands out page by page. Only the newest request counts: a filter that changes
//! while an older page is on its way drops that page.

export interface Page<Item> {
  items: Item[];
  next_cursor: string | null;
}

export class Pages<Item extends { id: string }> {
  items = $state.raw<readonly Item[]>([]);
  /** Null: nothing went wrong. */
  error = $state.raw<unknown>(null);
  isLoading = $state(true);
  #nextCursor = $state<string | null>(null);
  #request = 0;
  #read: (cursor: string | null) => Promise<Page<Item>>;

  readonly hasMore = $derived(this.#nextCursor !== null);

  constructor(read: (cursor: string | null) => Promise<Page<Item>>) {
    this.#read = read;
  }

  /** Starts over with the first page, and keeps what is shown until it is there. */
  async reload(): Promise<void> {
    await this.#load(null);
  }

  async loadMore(): Promise<void> {
    if (this.#nextCursor !== null && !this.isLoading) await this.#load(this.#nextCursor);
  }

  /** Forgets everything, such as when another filter makes the items wrong. */
  clear(): void {
    this.items = [];
    this.#nextCursor = null;
    this.isLoading = true;
  }

  /** Puts a changed item in the place of its older self. */
  replace(changed: Item): void {
    this.items = this.items.map((item) => (item.id === changed.id ? changed : item));
  }

  remove(id: string): void {
    this.items = this.items.filter((item) => item.id !== id);
  }

  async #load(cursor: string | null): Promise<void> {
    const request = ++this.#request;
    this.isLoading = true;
    this.error = null;
    try {
      const page = await this.#read(cursor);
      if (request !== this.#request) return;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.#nextCursor = page.next_cursor;
    } catch (error) {
      if (request === this.#request) this.error = error;
    }
    if (request === this.#request) this.isLoading = false;
  }
}
