//! What the server has told about a session: the session, its participants, and its log in order.
//!
//! Flow: a snapshot comes first on every connection, then every event after the one last seen, of a long
//! log only the latest. `apply` takes one message and returns the next state with what came of it; it
//! touches nothing else. Earlier events are fetched when somebody wants to see them.
//!
//! Invariant: `events` holds each event after `startsAfter` once, in order, without a gap. A message that
//! would break that is not applied: what is known already is skipped, and a gap asks for a new connection.

import type { Participant, Session, SessionEvent } from '#lib/api/schema.ts';

export type LiveMessage =
  | {
      type: 'snapshot';
      session: Session;
      participants: Participant[];
      you: string;
      after_seq: number;
      last_seq: number;
    }
  | { type: 'event'; event: SessionEvent }
  | { type: 'participant'; participant: Participant }
  | { type: 'session'; session: Session }
  | { type: 'pong' }
  | { type: 'stopping' };

export interface SessionLog {
  session: Session | null;
  participants: readonly Participant[];
  events: readonly SessionEvent[];
  /** The event before the first of `events`; 0 when they are all there are. */
  startsAfter: number;
  /** The participant that this browser is. */
  you: string | null;
  /** The last event that was there before this page looked. Later ones happen in front of the person. */
  seenBefore: number;
}

export type Outcome =
  | { name: 'applied' }
  /** An event that happens right now, for sounds and announcements. */
  | { name: 'happened'; event: SessionEvent }
  | { name: 'known' }
  | { name: 'gap' };

export const emptyLog: SessionLog = {
  session: null,
  participants: [],
  events: [],
  startsAfter: 0,
  you: null,
  seenBefore: 0,
};

export function apply(log: SessionLog, message: LiveMessage): { log: SessionLog; outcome: Outcome } {
  switch (message.type) {
    case 'snapshot': {
      const isFirst = log.you === null;
      const { session, participants, you, after_seq } = message;
      const seenBefore = isFirst ? message.last_seq : log.seenBefore;
      const known = after_seq > lastSeq(log) ? { events: [], startsAfter: after_seq } : {};
      return {
        log: { ...log, session, participants, you, seenBefore, ...known },
        outcome: { name: 'applied' },
      };
    }
    case 'event':
      return applyEvent(log, message.event);
    case 'participant':
      return {
        log: { ...log, participants: upsert(log.participants, message.participant) },
        outcome: { name: 'applied' },
      };
    case 'session':
      return { log: { ...log, session: message.session }, outcome: { name: 'applied' } };
    case 'pong':
    case 'stopping':
      return { log, outcome: { name: 'applied' } };
  }
}

/** The number to ask the server to continue after. */
export function lastSeq(log: SessionLog): number {
  return log.events[log.events.length - 1]?.seq ?? log.startsAfter;
}

/** The log with events from before its first; those that it has, or that leave a gap, are left out. */
export function withEarlier(log: SessionLog, earlier: readonly SessionEvent[]): SessionLog {
  const before = earlier.filter(({ seq }) => seq <= log.startsAfter);
  const first = before[0];
  if (first === undefined || before.length !== log.startsAfter - first.seq + 1) return log;
  return { ...log, events: [...before, ...log.events], startsAfter: first.seq - 1 };
}

/** Null for what is not a message of this protocol: a newer server may send kinds that this page lacks. */
export function parseLiveMessage(text: string): LiveMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return isLiveMessage(value) ? value : null;
}

function applyEvent(log: SessionLog, event: SessionEvent): { log: SessionLog; outcome: Outcome } {
  const expected = lastSeq(log) + 1;
  if (event.seq < expected) return { log, outcome: { name: 'known' } };
  if (event.seq > expected) return { log, outcome: { name: 'gap' } };
  const outcome: Outcome = event.seq > log.seenBefore ? { name: 'happened', event } : { name: 'applied' };
  return { log: { ...log, events: [...log.events, event] }, outcome };
}

function upsert(participants: readonly Participant[], changed: Participant): readonly Participant[] {
  const isKnown = participants.some(({ id }) => id === changed.id);
  if (!isKnown) return [...participants, changed];
  return participants.map((participant) => (participant.id === changed.id ? changed : participant));
}

function isLiveMessage(value: unknown): value is LiveMessage {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  switch (value.type) {
    case 'snapshot':
      return 'session' in value && 'participants' in value && Array.isArray(value.participants);
    case 'event':
      return 'event' in value;
    case 'participant':
      return 'participant' in value;
    case 'session':
      return 'session' in value;
    case 'pong':
    case 'stopping':
      return true;
    default:
      return false;
  }
}
