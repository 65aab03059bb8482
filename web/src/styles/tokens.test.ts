//! Holds the contrast of both themes: 4.5:1 for text, 3:1 for the borders of controls (WCAG 2.2, 1.4.3 and
//! 1.4.11).

import { readFileSync } from 'node:fs';

import postcss from 'postcss';
import { expect, test } from 'vitest';

const grounds = ['paper', 'surface', 'surface-raised', 'surface-sunken', 'surface-hover'];

const textPairs = [
  ...['ink', 'ink-soft', 'ink-faint'].flatMap((ink) => grounds.map((ground) => [ink, ground] as const)),
  ...['brand', 'danger'].flatMap((ink) =>
    ['paper', 'surface', 'surface-raised'].map((ground) => [ink, ground] as const),
  ),
  ['on-brand', 'brand'],
  ['on-brand', 'brand-hover'],
  ['on-brand-soft', 'brand-soft'],
  ['on-danger', 'danger'],
  ['on-danger', 'danger-hover'],
  ['on-danger-soft', 'danger-soft'],
  ['on-warning-soft', 'warning-soft'],
  ['on-success-soft', 'success-soft'],
  ['paper', 'ink'],
] as const;

const controlPairs = [
  ['line-control', 'surface'],
  ['line-control', 'paper'],
  ['focus', 'surface'],
  ['focus', 'paper'],
] as const;

const themes = readThemes();

test.each(['light', 'dark'] as const)('text is readable in the %s theme', (theme) => {
  const weak = textPairs.filter(([ink, ground]) => contrast(theme, ink, ground) < 4.5);
  expect(weak).toEqual([]);
});

test.each(['light', 'dark'] as const)('controls have a visible edge in the %s theme', (theme) => {
  const weak = controlPairs.filter(([ink, ground]) => contrast(theme, ink, ground) < 3);
  expect(weak).toEqual([]);
});

function contrast(theme: 'light' | 'dark', ink: string, ground: string): number {
  const [a, b] = [luminance(colour(theme, ink)), luminance(colour(theme, ground))];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function colour(theme: 'light' | 'dark', name: string): string {
  const value = themes[theme].get(name);
  if (!value) throw new Error(`no colour is called ${name}`);
  return value;
}

/** WCAG 2.2, relative luminance of an sRGB colour. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const share = parseInt(hex.slice(start, start + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function readThemes(): { light: Map<string, string>; dark: Map<string, string> } {
  const light = new Map<string, string>();
  const dark = new Map<string, string>();
  postcss.parse(readFileSync('src/styles/tokens.css', 'utf8')).walkDecls(/^--/, (declaration) => {
    const parent = declaration.parent;
    const isDark =
      parent?.type === 'rule' && 'selector' in parent && String(parent.selector).includes('dark');
    (isDark ? dark : light).set(declaration.prop.slice(2), declaration.value);
  });
  return { light, dark };
}
