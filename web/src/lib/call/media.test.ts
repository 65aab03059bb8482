import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ApiProblem, ServerUnreachable, type ProblemSlug } from '#lib/api/problem.ts';

import type { DeviceKind } from './device-problem.ts';
import { Media, type RoomEvents, type RtcRoom } from './media.svelte.ts';
import { noCounters } from './quality.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a lost room', () => {
  test('is entered again with a new token and the same tracks', async () => {
    const { media, rooms, tokens } = await entered();
    const camera = track();
    media.setTrack('camera', camera);
    rooms[0]?.events.ended('lost');
    expect(media.state).toBe('reconnecting');
    await vi.advanceTimersByTimeAsync(300);
    expect(media.state).toBe('connected');
    expect(tokens).toEqual(['token-1', 'token-2']);
    expect(rooms[1]?.sent.get('camera')).toBe(camera);
  });

  test('is tried for as long as the server is away', async () => {
    const { media, rooms, server } = await entered();
    server.error = new ServerUnreachable(null);
    rooms[0]?.events.ended('lost');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(media.state).toBe('reconnecting');
    server.error = null;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(media.state).toBe('connected');
  });

  test('leaves the last pictures where they are', async () => {
    const { media, rooms } = await entered();
    const view = { media: [], ownVideo: 'TR_1', speaking: new Set(['par_1']), isAudioBlocked: false };
    rooms[0]?.events.changed(view);
    rooms[0]?.events.ended('lost');
    expect(media.view).toBe(view);
  });

  test('is not heard any more after the next one is entered', async () => {
    const { media, rooms } = await entered();
    media.enterAnew(performance.now());
    await vi.advanceTimersByTimeAsync(0);
    rooms[0]?.events.ended('removed');
    expect(media.state).toBe('connected');
    expect(rooms).toHaveLength(2);
    expect(rooms[0]?.isLeft).toBe(true);
  });
});

test('a room that was entered after the server came back stays', async () => {
  const { media, rooms } = await entered();
  media.enterAnew(performance.now() - 1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(media.state).toBe('connected');
  expect(rooms).toHaveLength(1);
});

describe('closed for good', () => {
  test.each(['removed', 'session-ended', 'elsewhere'] as const)('by %s', async (reason) => {
    const { media, rooms } = await entered();
    rooms[0]?.events.ended(reason);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(media.closedBy).toBe(reason);
    expect(rooms).toHaveLength(1);
  });

  test.each([
    ['session-ended', 'session-ended'],
    ['session-full', 'session-full'],
    ['seat-needed', 'seat-needed'],
  ] as const)('by a refused token: %s', async (slug, reason) => {
    const { media } = await entered(problem(slug));
    expect(media.closedBy).toBe(reason);
  });

  test('leaves a room that was entered too late', async () => {
    const { media, rooms } = start(null);
    media.close('left');
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rooms.every(({ isLeft }) => isLeft)).toBe(true);
  });
});

test('an interruption inside the room is shown and over', async () => {
  const { media, rooms } = await entered();
  rooms[0]?.events.reconnecting();
  expect(media.state).toBe('reconnecting');
  rooms[0]?.events.reconnected();
  expect(media.state).toBe('connected');
});

class FakeRoom implements RtcRoom {
  readonly sent = new Map<DeviceKind, MediaStreamTrack | null>();
  readonly events: RoomEvents;
  isLeft = false;

  constructor(events: RoomEvents) {
    this.events = events;
  }

  setTrack(kind: DeviceKind, track: MediaStreamTrack | null): void {
    this.sent.set(kind, track);
  }

  send(): void {
    throw new Error('no test sends');
  }

  startAudio(): Promise<void> {
    return Promise.resolve();
  }

  counters() {
    return Promise.resolve(noCounters);
  }

  leave(): void {
    this.isLeft = true;
  }
}

function start(error: Error | null) {
  const rooms: FakeRoom[] = [];
  const tokens: string[] = [];
  const server = { error };
  let count = 0;
  const media = new Media({
    token() {
      if (server.error) return Promise.reject(server.error);
      count += 1;
      return Promise.resolve({ url: 'ws://test', token: `token-${count}`, expires_at: '' });
    },
    heard: () => undefined,
    enter(_url, token, events) {
      tokens.push(token);
      const room = new FakeRoom(events);
      rooms.push(room);
      return Promise.resolve(room);
    },
  });
  media.start();
  return { media, rooms, tokens, server };
}

async function entered(error: Error | null = null) {
  const started = start(error);
  await vi.advanceTimersByTimeAsync(0);
  return started;
}

function problem(slug: ProblemSlug): ApiProblem {
  return new ApiProblem({ slug, status: 409, fields: [], retryAfterS: null });
}

function track(): MediaStreamTrack {
  const target: Partial<MediaStreamTrack> = { id: 'camera' };
  return Object.assign(Object.create(null), target);
}
