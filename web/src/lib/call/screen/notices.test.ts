import { expect, test } from 'vitest';

import { noticeFor, type Situation } from './notices.ts';

test('all is well without a message', () => {
  expect(noticeFor(situation())).toBeNull();
});

test('a stopping server is named before the lost connection that it causes', () => {
  const stopping = situation({ state: 'reconnecting', connection: { isServerStopping: true } });
  expect(noticeFor(stopping)).toBe('stopping');
  expect(noticeFor(situation({ state: 'reconnecting' }))).toBe('reconnecting');
});

test('sound that is held back comes before a missing camera', () => {
  const view = { isAudioBlocked: true };
  const devices = { camera: { problem: 'denied' }, microphone: { problem: null } };
  expect(noticeFor(situation({ media: { view, quality: 'good' }, devices }))).toBe('sound');
});

test.each([
  ['denied', null, 'camera'],
  [null, 'in-use', 'microphone'],
  ['denied', 'denied', 'nothing'],
])('camera %s and microphone %s: %s', (camera, microphone, expected) => {
  const devices = { camera: { problem: camera }, microphone: { problem: microphone } };
  expect(noticeFor(situation({ devices }))).toBe(expected);
});

test('a weak network is the last to be named', () => {
  expect(noticeFor(situation({ media: { view: { isAudioBlocked: false }, quality: 'weak' } }))).toBe('weak');
});

function situation(change: Partial<Situation> = {}): Situation {
  return {
    state: 'live',
    connection: { isServerStopping: false },
    media: { view: { isAudioBlocked: false }, quality: 'good' },
    devices: { camera: { problem: null }, microphone: { problem: null } },
    ...change,
  };
}
