import { expect, test } from 'vitest';
import type { Participant, SessionEvent } from '#lib/api/schema.ts';

import { emptyLog, type SessionLog } from './session-log.ts';
import { lastGone, timeTogether, togetherSince } from './together.ts';

const YOU = 'par_you';
const GUEST = 'par_guest';

test('the time together goes on over a reload and over a restart of the server', () => {
  const log = logOf(
    [joined(YOU, 0), joined(GUEST, 10), left(GUEST, 60, 'left'), joined(GUEST, 63)].concat(
      [left(YOU, 200, 'server_restarted'), left(GUEST, 200, 'server_restarted')],
      [joined(GUEST, 204), joined(YOU, 206)],
    ),
    { [YOU]: 206, [GUEST]: 204 },
  );
  expect(togetherSince(log)).toBe(at(0));
});

test('it goes on while nobody is back yet, for as long as that takes', () => {
  const log = logOf([joined(YOU, 0), left(YOU, 200, 'server_restarted')], {});
  expect(togetherSince(log, at(210))).toBe(at(0));
  expect(togetherSince(log, at(900))).toBeNull();
});

test('it begins anew when people come to an empty session', () => {
  const log = logOf([joined(YOU, 0), left(YOU, 10, 'left'), joined(YOU, 9_000)], { [YOU]: 9_000 });
  expect(togetherSince(log)).toBe(at(9_000));
  expect(togetherSince(emptyLog)).toBeNull();
});

test('a second window that takes over is one stay that goes on', () => {
  const log = logOf([joined(YOU, 0), joined(YOU, 500), left(YOU, 500, 'replaced')], { [YOU]: 500 });
  expect(togetherSince(log)).toBe(at(0));
});

test('a log of which only the end is known still says since when who is here has been here', () => {
  const log = logOf([left(GUEST, 700, 'left')], { [YOU]: 100 });
  expect(togetherSince(log)).toBe(at(100));
});

test('the time that a session took is the time in which somebody was in', () => {
  const events = [
    joined(YOU, 0),
    joined(GUEST, 10),
    left(YOU, 100, 'left'),
    left(GUEST, 160, 'session_ended'),
  ];
  const later = [joined(GUEST, 9_000), left(GUEST, 9_020, 'left')];
  expect(timeTogether(logOf(events.concat(later), {}))).toBe(180_000);
  expect(timeTogether({ ...logOf(events, {}), startsAfter: 7 })).toBeNull();
});

test('who went last is named, with whether they may be back', () => {
  expect(lastGone(logOf([joined(GUEST, 0), left(GUEST, 9, 'left'), joined(YOU, 10)], {}))).toEqual({
    name: 'Gerda',
    isLost: false,
  });
  expect(lastGone(logOf([left(GUEST, 9, 'connection_lost')], {}))?.isLost).toBe(true);
  expect(lastGone(logOf([left(GUEST, 9, 'left'), joined(GUEST, 10)], {}))).toBeNull();
});

function at(second: number): number {
  return Date.parse('2026-01-01T00:00:00Z') + second * 1_000;
}

function logOf(events: Loose[], present: Record<string, number>): SessionLog {
  return {
    ...emptyLog,
    you: YOU,
    participants: [participant(YOU, 'Yola', present[YOU]), participant(GUEST, 'Gerda', present[GUEST])],
    events: events.map((event, index) => ({ ...event, seq: index + 1, id: `evt_${index}` })),
  };
}

type Loose = DistributiveOmit<SessionEvent, 'seq' | 'id'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function joined(id: string, second: number): Loose {
  const time = new Date(at(second)).toISOString();
  return { at: time, kind: 'participant_joined', participant_id: id, data: { role: 'expert' } };
}

function left(
  id: string,
  second: number,
  reason: 'left' | 'connection_lost' | 'server_restarted' | 'replaced' | 'session_ended',
): Loose {
  const time = new Date(at(second)).toISOString();
  return { at: time, kind: 'participant_left', participant_id: id, data: { reason } };
}

function participant(id: string, name: string, joinedAt: number | undefined): Participant {
  return {
    id,
    role: 'expert',
    kind: 'guest',
    name,
    user_id: null,
    is_present: joinedAt !== undefined,
    joined_at: joinedAt === undefined ? null : new Date(at(joinedAt)).toISOString(),
    left_at: null,
    path: null,
    is_removed: false,
  };
}
