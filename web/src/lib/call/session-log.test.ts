import { describe, expect, test } from 'vitest';
import type { Participant, Session, SessionEvent } from '#lib/api/schema.ts';

import {
  apply,
  emptyLog,
  lastSeq,
  parseLiveMessage,
  withEarlier,
  type LiveMessage,
  type SessionLog,
} from './session-log.ts';

describe('the log', () => {
  test('holds every event once and in order', () => {
    const { log, outcomes } = replay([snapshot(3), event(1), event(2), event(3)]);
    expect(log.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(outcomes).toEqual(['applied', 'applied', 'applied', 'applied']);
  });

  test('skips what it knows already, as after a reconnect that overlaps', () => {
    const { log, outcomes } = replay([snapshot(2), event(1), event(2), snapshot(2), event(2), event(3)]);
    expect(log.events.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(outcomes.slice(-2)).toEqual(['known', 'happened']);
  });

  test('does not apply an event beyond a gap, and asks for a new connection', () => {
    const { log, outcomes } = replay([snapshot(1), event(1), event(3)]);
    expect(lastSeq(log)).toBe(1);
    expect(outcomes.at(-1)).toBe('gap');
  });

  test('tells what happens in front of the person from what was there before', () => {
    const { outcomes } = replay([snapshot(2), event(1), event(2), event(3)]);
    expect(outcomes).toEqual(['applied', 'applied', 'applied', 'happened']);
  });

  test('counts events missed during an interruption as happening', () => {
    const { outcomes } = replay([snapshot(1), event(1), snapshot(2), event(2)]);
    expect(outcomes.at(-1)).toBe('happened');
  });

  test('continues after the last event it has', () => {
    expect(lastSeq(emptyLog)).toBe(0);
    expect(lastSeq(replay([snapshot(2), event(1), event(2)]).log)).toBe(2);
  });
});

describe('a long log', () => {
  const late = replay([snapshot(5, 3), event(4), event(5)]).log;

  test('begins with the latest events', () => {
    expect(late.startsAfter).toBe(3);
    expect(late.events.map(({ seq }) => seq)).toEqual([4, 5]);
    expect(lastSeq(replay([snapshot(3, 3)]).log)).toBe(3);
  });

  test('takes earlier events before those', () => {
    const some = withEarlier(late, [eventOf(2), eventOf(3), eventOf(4)]);
    expect(some.events.map(({ seq }) => seq)).toEqual([2, 3, 4, 5]);
    expect(some.startsAfter).toBe(1);
    expect(withEarlier(some, [eventOf(1)]).startsAfter).toBe(0);
  });

  test('takes no earlier events that leave a gap', () => {
    expect(withEarlier(late, [eventOf(1), eventOf(2)])).toBe(late);
    expect(withEarlier(late, [])).toBe(late);
  });

  test('begins anew after an interruption in which more happened than comes at once', () => {
    const { log, outcomes } = replay([snapshot(1), event(1), snapshot(900, 700), event(701)]);
    expect(log.events.map(({ seq }) => seq)).toEqual([701]);
    expect(log.startsAfter).toBe(700);
    expect(outcomes.at(-1)).toBe('happened');
  });
});

describe('participants', () => {
  test('are replaced in place and otherwise added at the end', () => {
    const { log } = replay([
      snapshot(0),
      { type: 'participant', participant: participant('par_2', 'Ben') },
      { type: 'participant', participant: participant('par_1', 'Ada Byron') },
    ]);
    expect(log.participants.map(({ name }) => name)).toEqual(['Ada Byron', 'Ben']);
  });

  test('are those of the newest snapshot', () => {
    const { log } = replay([
      snapshot(0),
      { type: 'participant', participant: participant('par_2', 'Ben') },
      snapshot(0),
    ]);
    expect(log.participants.map(({ id }) => id)).toEqual(['par_1']);
  });
});

describe('a message', () => {
  test('of an unknown type or broken is none', () => {
    expect(parseLiveMessage('{"type":"later"}')).toBeNull();
    expect(parseLiveMessage('{')).toBeNull();
    expect(parseLiveMessage('null')).toBeNull();
  });

  test('of the protocol is read', () => {
    expect(parseLiveMessage('{"type":"pong"}')).toEqual({ type: 'pong' });
  });
});

function replay(messages: readonly LiveMessage[]): { log: SessionLog; outcomes: string[] } {
  let log = emptyLog;
  const outcomes = messages.map((message) => {
    const next = apply(log, message);
    log = next.log;
    return next.outcome.name;
  });
  return { log, outcomes };
}

function snapshot(last_seq: number, after_seq = 0): LiveMessage {
  const participants = [participant('par_1', 'Ada')];
  return { type: 'snapshot', session, participants, you: 'par_1', after_seq, last_seq };
}

function event(seq: number): LiveMessage {
  return { type: 'event', event: eventOf(seq) };
}

function eventOf(seq: number): SessionEvent {
  return {
    seq,
    id: `evt_${seq}`,
    at: '2026-01-01T00:00:00Z',
    kind: 'participant_joined',
    participant_id: 'par_1',
    data: { role: 'expert' },
  };
}

function participant(id: string, name: string): Participant {
  return {
    id,
    role: 'expert',
    kind: 'user',
    name,
    user_id: 'usr_1',
    is_present: true,
    joined_at: '2026-01-01T00:00:00Z',
    left_at: null,
    path: 'udp',
    is_removed: false,
  };
}

const session: Session = {
  id: 'ses_1',
  title: null,
  state: 'open',
  created_at: '2026-01-01T00:00:00Z',
  ended_at: null,
  created_by: { user_id: 'usr_1', name: 'Ada' },
  is_mine: true,
  participants_present: 1,
  invite: null,
  can: { end: true, reopen: true, invite: true, remove: true },
};
