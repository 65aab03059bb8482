//! What a guest's own browser remembers: their name, so that they type it once, and which sessions it has a
//! seat in, so that the link brings them straight back.

import { keep, readKept } from '#lib/browser/kept.ts';

export function keptName(): string {
  return readKept(NAME_KEY) ?? '';
}

export function keepName(name: string): void {
  if (name) keep(NAME_KEY, name);
}

/** Whether this browser once took a seat in the session. The server knows whether it still holds. */
export function hadSeat(sessionId: string): boolean {
  return seats().includes(sessionId);
}

export function keepSeat(sessionId: string): void {
  const others = seats().filter((seat) => seat !== sessionId);
  keep(SEATS_KEY, [sessionId, ...others].slice(0, SEATS_MAX).join(' '));
}

function seats(): string[] {
  return (readKept(SEATS_KEY) ?? '').split(' ').filter(Boolean);
}

const NAME_KEY = 'name';
const SEATS_KEY = 'seats';
const SEATS_MAX = 20;
