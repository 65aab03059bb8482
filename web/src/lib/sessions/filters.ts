//! What a list of sessions can be narrowed to.

import type { operations } from '#lib/api/schema.ts';

type Query = NonNullable<operations['list_sessions']['parameters']['query']>;

export type StateFilter = NonNullable<Query['state']>;
export type WhoseFilter = NonNullable<Query['whose']>;

const states: readonly StateFilter[] = ['open', 'ended', 'all'];
const owners: readonly WhoseFilter[] = ['all', 'mine'];

export function parseState(text: string | null): StateFilter {
  return states.find((state) => state === text) ?? 'open';
}

export function parseWhose(text: string | null): WhoseFilter {
  return owners.find((whose) => whose === text) ?? 'all';
}
