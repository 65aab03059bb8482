import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  encodePointer,
  parsePointer,
  PointerBoard,
  PointerSender,
  type Pointing,
  type PointerMessage,
} from './pointer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the sender', () => {
  test('sends the first movement at once', () => {
    const { sender, sent } = listen();
    sender.point('TR_a', { x: 0.5, y: 0.25 });
    expect(sent).toMatchObject([{ v: 1, track: 'TR_a', x: 0.5, y: 0.25 }]);
  });

  test('sends at most thirty a second, and the last place always', () => {
    const { sender, sent } = listen();
    for (let step = 0; step <= 1000; step += 1) {
      sender.point('TR_a', { x: step / 1000, y: 0 });
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(50);
    expect(sent.length).toBeGreaterThan(25);
    expect(sent.length).toBeLessThanOrEqual(31);
    expect(sent.at(-1)).toMatchObject({ x: 1 });
  });

  test('repeats the place while the hand rests', () => {
    const { sender, sent } = listen();
    sender.point('TR_a', { x: 0.1, y: 0.2 });
    vi.advanceTimersByTime(1_600);
    expect(sent.length).toBe(4);
  });

  test('says off once and is silent after that', () => {
    const { sender, sent } = listen();
    sender.point('TR_a', { x: 0.1, y: 0.2 });
    sender.off();
    sender.off();
    vi.advanceTimersByTime(10_000);
    expect(sent.slice(1)).toMatchObject([{ track: 'TR_a', off: true }]);
  });

  test('calls off the video that it leaves for another', () => {
    const { sender, sent } = listen();
    sender.point('TR_a', { x: 0.1, y: 0.2 });
    vi.advanceTimersByTime(100);
    sender.point('TR_b', { x: 0.3, y: 0.4 });
    expect(sent).toMatchObject([{ track: 'TR_a' }, { track: 'TR_a', off: true }, { track: 'TR_b' }]);
  });
});

describe('the board', () => {
  test('shows the newest place of each participant', () => {
    const { board, shown } = board_();
    board.receive('par_1', place(0.1, 10));
    board.receive('par_2', place(0.2, 10));
    board.receive('par_1', place(0.3, 20));
    expect(shown().map(({ from, point }) => [from, point.x])).toEqual([
      ['par_1', 0.3],
      ['par_2', 0.2],
    ]);
  });

  test('ignores a place that was overtaken by a newer one', () => {
    const { board, shown } = board_();
    board.receive('par_1', place(0.3, 20));
    board.receive('par_1', place(0.1, 10));
    expect(shown()[0]?.point.x).toBe(0.3);
  });

  test('drops a place after three seconds without another', () => {
    const { board, shown } = board_();
    board.receive('par_1', place(0.3, 20));
    vi.advanceTimersByTime(2_999);
    expect(shown()).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(shown()).toHaveLength(0);
  });

  test('drops a place that is called off', () => {
    const { board, shown } = board_();
    board.receive('par_1', place(0.3, 20));
    board.receive('par_1', { v: 1, track: 'TR_a', off: true });
    expect(shown()).toHaveLength(0);
  });
});

describe('a message', () => {
  test('survives the wire', () => {
    const message = place(0.75, 5);
    expect(parsePointer(encodePointer(message))).toEqual(message);
    const off: PointerMessage = { v: 1, track: 'TR_a', off: true };
    expect(parsePointer(encodePointer(off))).toEqual(off);
  });

  test.each([
    '',
    'null',
    '[]',
    '{"v":2,"track":"TR_a","x":0,"y":0,"at":1}',
    '{"v":1,"track":7,"x":0,"y":0,"at":1}',
    '{"v":1,"track":"TR_a","x":1.5,"y":0,"at":1}',
    '{"v":1,"track":"TR_a","x":"0","y":0,"at":1}',
    '{"v":1,"track":"TR_a","x":0,"y":0}',
    '{"v":1,"track":"TR_a","off":false}',
    `{"v":1,"track":"${'a'.repeat(600)}","x":0,"y":0,"at":1}`,
  ])('that is not one is refused: %s', (text) => {
    expect(parsePointer(new TextEncoder().encode(text))).toBeNull();
  });
});

function listen() {
  const sent: PointerMessage[] = [];
  return { sent, sender: new PointerSender((message) => sent.push(message)) };
}

function board_() {
  let latest: readonly Pointing[] = [];
  return { board: new PointerBoard((shown) => (latest = shown)), shown: () => latest };
}

function place(x: number, at: number): PointerMessage {
  return { v: 1, track: 'TR_a', x, y: 0.5, at };
}
