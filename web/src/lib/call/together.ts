//! What the log says about being together: since when, and who went.
//!
//! A reload, a lost connection or a restart of the server takes everybody out for a moment and back in. The
//! time together goes on over such a gap.

import { nameIn } from './people.ts';
import type { SessionLog } from './session-log.ts';

/** Since when somebody has been here without a gap that counts, in milliseconds since 1970. Null: nobody is. */
export function togetherSince(log: SessionLog, now = Date.now()): number | null {
  const stays = new Map<string, number>();
  let since: number | null = null;
  let emptyAt: number | null = null;
  for (const event of log.events) {
    const id = event.participant_id;
    const at = Date.parse(event.at);
    if (id === null) continue;
    if (event.kind === 'participant_joined') {
      const goesOn = stays.size > 0 || (emptyAt !== null && at - emptyAt <= GAP_MS);
      if (since === null || !goesOn) since = at;
      emptyAt = null;
      stays.set(id, (stays.get(id) ?? 0) + 1);
    } else if (event.kind === 'participant_left') {
      const left = (stays.get(id) ?? 0) - 1;
      if (left > 0) stays.set(id, left);
      else stays.delete(id);
      if (stays.size === 0) emptyAt = at;
    }
  }
  // Of a long log only the end is known, which need not say when those came who are here.
  const joined = log.participants
    .filter(({ is_present, joined_at }) => is_present && joined_at !== null)
    .map(({ joined_at }) => Date.parse(joined_at ?? ''));
  if (joined.length === 0) return emptyAt !== null && now - emptyAt <= GAP_MS ? since : null;
  return Math.min(...joined, ...(since === null ? [] : [since]));
}

/** For how long somebody was in, in milliseconds. Null when the log is known in part only. */
export function timeTogether(log: SessionLog): number | null {
  if (log.startsAfter > 0) return null;
  const stays = new Map<string, number>();
  let began = 0;
  let total = 0;
  for (const event of log.events) {
    const id = event.participant_id;
    if (id === null) continue;
    if (event.kind === 'participant_joined') {
      if (stays.size === 0) began = Date.parse(event.at);
      stays.set(id, (stays.get(id) ?? 0) + 1);
    } else if (event.kind === 'participant_left' && stays.has(id)) {
      const left = (stays.get(id) ?? 0) - 1;
      if (left > 0) stays.set(id, left);
      else stays.delete(id);
      if (stays.size === 0) total += Date.parse(event.at) - began;
    }
  }
  return total;
}

/** Who of the others went last, when nobody else did anything after it. */
export function lastGone(log: SessionLog): { name: string; isLost: boolean } | null {
  const last = log.events.findLast(({ participant_id }) => participant_id !== log.you);
  if (last?.kind !== 'participant_left') return null;
  const { reason } = last.data;
  const isLost = reason === 'connection_lost' || reason === 'server_restarted';
  return { name: nameIn(log, last.participant_id), isLost };
}

/** As long as a server takes to start anew and everybody to come back. */
const GAP_MS = 120_000;
