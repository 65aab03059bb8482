import { expect, test } from 'vitest';

import { reasonToClose } from './closing.ts';

test('who is sent out of the room learns from the log why', () => {
  expect(reasonToClose('removed', null, false)).toBeNull();
  expect(reasonToClose('removed', 'account-off', false)).toBe('account-off');
  expect(reasonToClose('removed', 'signed-out', true)).toBe('signed-out');
  expect(reasonToClose('removed', 'removed', false)).toBe('removed');
});

test('a log that says nothing is not waited for', () => {
  expect(reasonToClose('removed', null, true)).toBe('removed');
});

test('otherwise the first word counts', () => {
  expect(reasonToClose(null, null, true)).toBeNull();
  expect(reasonToClose('elsewhere', null, false)).toBe('elsewhere');
  expect(reasonToClose(null, 'gone', false)).toBe('gone');
  expect(reasonToClose('left', 'removed', false)).toBe('removed');
});
