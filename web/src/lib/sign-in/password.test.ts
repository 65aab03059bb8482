import { expect, test } from 'vitest';

import { passwordStrength } from './password.ts';

test.each([
  ['short', 'too-short'],
  ['aaaaaaaaaaaaaaaa', 'weak'],
  ['1234567890', 'weak'],
  ['abcdefghijkl', 'weak'],
  ['torno verde', 'fair'],
  ['correct horse battery', 'strong'],
  ['tR7#pq9!zLw2', 'strong'],
] as const)('%s is %s', (password, strength) => {
  expect(passwordStrength(password)).toBe(strength);
});

test('words of the person count for nothing', () => {
  expect(passwordStrength('marina.souza', ['Marina Souza'])).toBe('weak');
});
