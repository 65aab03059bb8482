//! Light or dark: the person's choice in this browser, or what the system says.

import { keep, readKept } from '#lib/browser/kept.ts';

export const themes = ['system', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** Follows the choice and the system from here on. Called once, before anything is drawn. */
export function startTheme(): void {
  systemIsDark().addEventListener('change', apply);
  apply();
}

export function chosenTheme(): Theme {
  return themes.find((theme) => theme === readKept(KEY)) ?? 'system';
}

export function chooseTheme(theme: Theme): void {
  keep(KEY, theme);
  apply();
}

function apply(): void {
  const chosen = chosenTheme();
  const isDark = chosen === 'system' ? systemIsDark().matches : chosen === 'dark';
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light';
}

function systemIsDark(): MediaQueryList {
  return matchMedia('(prefers-color-scheme: dark)');
}

const KEY = 'theme';
