import { expect, test } from 'vitest';

import { matches } from './people.svelte.ts';

const user = { name: 'João Conceição', email: 'jc@fabrica.example' };

test.each(['joao', 'CONCEICAO', 'jc@', ' fabrica ', ''])('%s finds João', (query) => {
  expect(matches(user, query)).toBe(true);
});

test('other words do not', () => {
  expect(matches(user, 'maria')).toBe(false);
});
