import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Reconnect, waitMs } from './reconnect.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first attempt is made at once', () => {
  const attempt = vi.fn();
  new Reconnect(attempt).start();
  expect(attempt).toHaveBeenCalledTimes(1);
});

test('waits double up to five seconds', () => {
  const waits = [0, 1, 2, 3, 4, 5, 50].map((failures) => waitMs(failures, () => 0));
  expect(waits).toEqual([300, 600, 1200, 2400, 4800, 5000, 5000]);
});

test('a wait is shortened by at most half', () => {
  expect(waitMs(0, () => 0.999999)).toBeGreaterThanOrEqual(150);
});

test('a lost connection is tried again after the wait, and not before', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  reconnect.connected();
  reconnect.lost();
  vi.advanceTimersByTime(299);
  expect(attempt).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(attempt).toHaveBeenCalledTimes(2);
});

test('a connection that held forgets earlier failures', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  for (let failure = 0; failure < 5; failure += 1) {
    reconnect.lost();
    vi.runOnlyPendingTimers();
  }
  expect(reconnect.failures).toBe(5);
  reconnect.connected();
  vi.advanceTimersByTime(10_000);
  expect(reconnect.failures).toBe(0);
});

test('a connection that breaks at once keeps waiting longer', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  for (let failure = 0; failure < 3; failure += 1) {
    reconnect.connected();
    reconnect.lost();
    vi.runOnlyPendingTimers();
  }
  expect(reconnect.failures).toBe(3);
});

test('losing the same connection twice waits once', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  reconnect.lost();
  reconnect.lost();
  vi.advanceTimersByTime(60_000);
  expect(attempt).toHaveBeenCalledTimes(2);
});

test('a nudge ends the wait, and does nothing while trying', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  reconnect.nudge();
  expect(attempt).toHaveBeenCalledTimes(1);
  reconnect.lost();
  reconnect.nudge();
  expect(attempt).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(60_000);
  expect(attempt).toHaveBeenCalledTimes(2);
});

test('nothing happens after a stop', () => {
  const attempt = vi.fn();
  const reconnect = new Reconnect(attempt, () => 0);
  reconnect.start();
  reconnect.lost();
  reconnect.stop();
  reconnect.nudge();
  vi.advanceTimersByTime(60_000);
  expect(attempt).toHaveBeenCalledTimes(1);
});
