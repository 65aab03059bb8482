import { expect, test } from 'vitest';

import { clock } from './clock.ts';

test.each([
  [0, '0:00'],
  [59_999, '0:59'],
  [247_000, '4:07'],
  [3_847_000, '1:04:07'],
  [-5_000, '0:00'],
])('%d ms is %s', (milliseconds, expected) => {
  expect(clock(milliseconds)).toBe(expected);
});
