//! Reads every component and finds text that no catalogue holds: words between tags, and words in the
//! attributes that people see or hear.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';

const components = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.svelte'))
  .map((entry) => join(entry.parentPath, entry.name));

test.each(components)('%s takes its text from the catalogues', (file) => {
  const { fragment } = parse(readFileSync(file, 'utf8'), { modern: true });
  expect(wordsIn(fragment)).toEqual([]);
});

test('words between tags and in attributes are found', () => {
  const { fragment } = parse('<p title="Close">Hello {name}</p>{#if x}<b>there</b>{/if}', { modern: true });
  expect(wordsIn(fragment)).toEqual(['Close', 'Hello', 'there']);
});

function wordsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(wordsIn);
  if (!isRecord(node)) return [];
  if (node['type'] === 'Text')
    return HAS_WORDS.test(String(node['data'])) ? [String(node['data']).trim()] : [];
  if (node['type'] === 'Attribute')
    return SPOKEN.includes(String(node['name'])) ? wordsIn(node['value']) : [];
  if (SILENT.includes(String(node['type']))) return [];
  return Object.values(node).flatMap((child) => (typeof child === 'object' ? wordsIn(child) : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const SILENT = ['Comment', 'StyleDirective', 'ClassDirective'];
const HAS_WORDS = /\p{L}{2}/u;
const SPOKEN = [
  'alt',
  'title',
  'label',
  'placeholder',
  'aria-label',
  'aria-description',
  'aria-roledescription',
];
