import { afterEach, expect, test, vi } from 'vitest';

import { supplyMissing } from './polyfills.ts';

const present = {
  at: Array.prototype.at,
  findLast: Array.prototype.findLast,
  hasOwn: Object.hasOwn,
};

afterEach(() => {
  Object.assign(Array.prototype, { at: present.at, findLast: present.findLast });
  Object.assign(Object, { hasOwn: present.hasOwn });
  vi.unstubAllGlobals();
});

function forget(owner: object, name: string): void {
  Reflect.deleteProperty(owner, name);
}

test('supplies what an old browser lacks, with the meaning of the standard', () => {
  forget(Array.prototype, 'at');
  forget(Array.prototype, 'findLast');
  forget(Object, 'hasOwn');
  supplyMissing();
  expect([1, 2, 3].at(-1)).toBe(3);
  expect([1, 2, 3].at(5)).toBeUndefined();
  expect([1, 2, 3, 4].findLast((item) => item % 2 === 1)).toBe(3);
  expect(Object.hasOwn({ own: 1 }, 'own')).toBe(true);
  expect(Object.hasOwn({}, 'toString')).toBe(false);
});

test('leaves what is there alone', () => {
  supplyMissing();
  expect(Array.prototype.at).toBe(present.at);
});

test('random ids have version 4 and the right variant', () => {
  const getRandomValues = (bytes: Uint8Array) => bytes.fill(0xff);
  vi.stubGlobal('crypto', { getRandomValues });
  supplyMissing();
  expect(crypto.randomUUID()).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
});
