//! The sessions that a list shows, with its filters, kept fresh while somebody looks.

import { api } from '#lib/api/api.ts';
import { Pages } from '#lib/api/pages.svelte.ts';
import type { Session } from '#lib/api/schema.ts';
import type { StateFilter, WhoseFilter } from './filters.ts';

interface Filters {
  state: StateFilter;
  whose: WhoseFilter;
}

export class SessionList {
  filters = $state.raw<Filters>({ state: 'open', whose: 'all' });
  readonly pages: Pages<Session>;

  constructor(filters: Filters, limit: number) {
    this.filters = filters;
    this.pages = new Pages((cursor) => api.get('/sessions', { query: { ...this.filters, cursor, limit } }));
  }

  filter(change: Partial<Filters>): void {
    this.filters = { ...this.filters, ...change };
    this.pages.clear();
    void this.pages.reload();
  }

  /** Takes in a session that has changed; it leaves the list when the filter no longer fits. */
  update(session: Session): void {
    const { state } = this.filters;
    if (state === 'all' || state === session.state) this.pages.replace(session);
    else this.pages.remove(session.id);
  }

  /** Loads, and loads again every now and then while the page is visible. Call in an effect. */
  follow(): () => void {
    const refresh = (): void => {
      // Further pages would be lost: somebody who reads on is not interrupted.
      const isFirstPage = this.pages.items.length <= FIRST_PAGE_MAX;
      if (document.visibilityState === 'visible' && isFirstPage) void this.pages.reload();
    };
    void this.pages.reload();
    const timer = setInterval(refresh, REFRESH_INTERVAL_MS);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }
}

export const FIRST_PAGE_MAX = 25;
const REFRESH_INTERVAL_MS = 15_000;
