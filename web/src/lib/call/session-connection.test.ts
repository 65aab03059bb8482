import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { SessionEvent } from '#lib/api/schema.ts';

import { SessionConnection } from './session-connection.svelte.ts';
import type { Socket, SocketEvents } from './socket.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test('continues after the last event that it has', () => {
  const { sockets } = connected();
  sockets[0]?.hear(snapshot(2));
  sockets[0]?.hear(event(1));
  sockets[0]?.hear(event(2));
  sockets[0]?.drop(1006);
  vi.advanceTimersByTime(300);
  expect(sockets.map(({ url }) => url)).toEqual([
    '/api/v1/sessions/ses_1/live?after=0&latest=200',
    '/api/v1/sessions/ses_1/live?after=2&latest=200',
  ]);
});

test('says what happens in front of the person, once', () => {
  const { sockets, happened } = connected();
  sockets[0]?.hear(snapshot(1));
  sockets[0]?.hear(event(1));
  sockets[0]?.hear(event(2));
  sockets[0]?.drop(1006);
  vi.advanceTimersByTime(300);
  sockets[1]?.hear(snapshot(2));
  sockets[1]?.hear(event(2));
  expect(happened.map(({ seq }) => seq)).toEqual([2]);
});

test('a gap makes a new connection', () => {
  const { sockets } = connected();
  sockets[0]?.hear(snapshot(3));
  sockets[0]?.hear(event(2));
  vi.advanceTimersByTime(300);
  expect(sockets).toHaveLength(2);
  expect(sockets[0]?.isClosed).toBe(true);
});

test('silence is a lost connection, a pong is a sign of life', () => {
  const { connection, sockets } = connected();
  sockets[0]?.hear(snapshot(0));
  vi.advanceTimersByTime(44_000);
  sockets[0]?.hear({ type: 'pong' });
  vi.advanceTimersByTime(44_000);
  expect(connection.state).toBe('open');
  expect(sockets[0]?.sent).toEqual(Array(4).fill('{"type":"ping"}'));
  vi.advanceTimersByTime(1_000);
  expect(connection.state).toBe('reconnecting');
});

test('a stopping server is named until it is back', () => {
  const { connection, sockets } = connected();
  sockets[0]?.hear(snapshot(0));
  sockets[0]?.hear({ type: 'stopping' });
  sockets[0]?.drop(1001);
  expect(connection.state).toBe('reconnecting');
  expect(connection.isServerStopping).toBe(true);
  vi.advanceTimersByTime(300);
  sockets[1]?.hear(snapshot(0));
  expect(connection.state).toBe('open');
  expect(connection.isServerStopping).toBe(false);
});

test.each([
  [4001, 'removed'],
  [4002, 'signed-out'],
  [4003, 'account-off'],
  [4009, 'gone'],
] as const)('code %d closes for good: %s', (code, reason) => {
  const { connection, sockets } = connected();
  sockets[0]?.hear(snapshot(0));
  sockets[0]?.drop(code);
  vi.advanceTimersByTime(60_000);
  expect(connection.closedBy).toBe(reason);
  expect(sockets).toHaveLength(1);
});

class FakeSocket implements Socket {
  isClosed = false;
  readonly sent: string[] = [];
  readonly url: string;
  readonly #events: SocketEvents;

  constructor(url: string, events: SocketEvents) {
    this.url = url;
    this.#events = events;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  hear(message: object): void {
    this.#events.message(JSON.stringify(message));
  }

  drop(code: number): void {
    this.#events.closed(code);
  }
}

function connected() {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const sockets: FakeSocket[] = [];
  const happened: SessionEvent[] = [];
  const connection = new SessionConnection({
    sessionId: 'ses_1',
    happened: (event) => happened.push(event),
    open(url, events) {
      const socket = new FakeSocket(url, events);
      sockets.push(socket);
      return socket;
    },
  });
  connection.start();
  return { connection, sockets, happened };
}

function snapshot(last_seq: number): object {
  return {
    type: 'snapshot',
    session: { id: 'ses_1' },
    participants: [],
    you: 'par_1',
    after_seq: 0,
    last_seq,
  };
}

function event(seq: number): object {
  return {
    type: 'event',
    event: { seq, id: `evt_${seq}`, at: '', kind: 'session_created', participant_id: null, data: {} },
  };
}
