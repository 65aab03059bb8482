import { expect, test } from '@playwright/test';

import { cellsOf, counterOf } from './picture.ts';

test('every counter is read back from its cells', () => {
  for (let counter = 0; counter < 4096; counter += 1) {
    const brightness = cellsOf(counter).map((isWhite) => (isWhite ? 210 : 40));
    expect(counterOf(brightness)).toBe(counter);
  }
});

test('a black, white or half covered panel is no counter', () => {
  expect(counterOf(Array.from({ length: 16 }, () => 0))).toBeNull();
  expect(counterOf(Array.from({ length: 16 }, () => 255))).toBeNull();
  const covered = cellsOf(137).map((isWhite, cell) => (cell < 8 ? 0 : isWhite ? 255 : 0));
  expect(counterOf(covered)).toBeNull();
});
