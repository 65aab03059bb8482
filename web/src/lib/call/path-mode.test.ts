import { beforeEach, expect, test, vi } from 'vitest';

import { notePathMode, wishedPathMode } from './path-mode.ts';

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

const note = (query: string) => notePathMode(new URL(`https://help.example.com/join${query}`));

test('what the address says holds for the pages after it', () => {
  note('?path=tcp-443');
  note('');
  expect(wishedPathMode()).toBe('tcp-443');
});

test('what is not known changes nothing', () => {
  note('?path=relay');
  note('?path=pigeon');
  expect(wishedPathMode()).toBe('relay');
});

test('automatic forgets', () => {
  note('?path=no-relay');
  note('?path=automatic');
  expect(wishedPathMode()).toBeNull();
});
