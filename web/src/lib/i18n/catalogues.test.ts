import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { en } from './en/catalogue.ts';
import type { Message } from './message.ts';
import { formatMessage, parameterNames } from './message.ts';
import { pseudo } from './pseudo.ts';
import { pt } from './pt/catalogue.ts';

const english: Readonly<Record<string, Message>> = en;
const portuguese: Readonly<Record<string, Message>> = pt;

test('both languages have the same messages', () => {
  expect(Object.keys(portuguese).sort()).toEqual(Object.keys(english).sort());
});

test.each(Object.entries(english))('%s takes the same parameters in both languages', (key, message) => {
  expect(parameterNames(portuguese[key] ?? '').sort()).toEqual(parameterNames(message).sort());
});

test.each(Object.entries(english))('%s says something in every form', (key, message) => {
  for (const variant of [message, portuguese[key] ?? '']) {
    const texts = typeof variant === 'string' ? [variant] : Object.values(variant);
    for (const text of texts) expect(text.trim()).not.toBe('');
  }
});

test('plural messages choose their form by the language', () => {
  const message = { one: '{count} day', other: '{count} days' };
  expect(formatMessage(message, { count: 1 }, 'en')).toBe('1 day');
  expect(formatMessage(message, { count: 1200 }, 'en')).toBe('1,200 days');
  expect(formatMessage({ one: '{count} dia', other: '{count} dias' }, { count: 0 }, 'pt')).toBe('0 dia');
});

test('the pseudo-locale keeps parameters and marks every text', () => {
  expect(pseudo['join.invited-by']).toMatch(/^⟦.*\{name\}.*⟧$/);
});

test('every message is said somewhere', () => {
  const sources = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .filter((entry) => !/i18n[\\/](en|pt)$/.test(entry.parentPath))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
  const composed = [...sources.matchAll(/`([a-z-]+\.[a-z-]*)\$\{[^}]*\}([a-z-]*)`/g)];
  const unsaid = Object.keys(english).filter(
    (key) =>
      !sources.includes(`'${key}'`) &&
      !composed.some(([, start = '', end = '']) => key.startsWith(start) && key.endsWith(end)),
  );
  expect(unsaid).toEqual([]);
});
