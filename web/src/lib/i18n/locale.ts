//! Which language a page speaks: a guest gets the language of their browser, not of the organisation.

import { keep, keepInTab, readKept, readKeptInTab } from '#lib/browser/kept.ts';

export const locales = ['en', 'pt'] as const;

/** Each language by its own name, which is the same in every language. */
export const languageNames = { en: 'English', pt: 'Português' } as const;

/** `pseudo` is English in disguise: a test switches it on to find text that no catalogue holds. */
export type Locale = (typeof locales)[number] | 'pseudo';

/** First of: `?locale=` (kept until the tab closes), the choice kept in this browser, the browser's languages. */
export function chooseLocale(): Locale {
  const asked = parseLocale(new URLSearchParams(location.search).get('locale'));
  if (asked) keepInTab(KEY, asked);
  return (
    asked ?? parseLocale(readKeptInTab(KEY)) ?? parseLocale(readKept(KEY)) ?? bestMatch(navigator.languages)
  );
}

/** Keeps `locale` for this browser and loads the page again in it. */
export function switchLocale(locale: Locale): void {
  keep(KEY, locale);
  keepInTab(KEY, null);
  location.reload();
}

/** The first language of the list that we speak; English when there is none. */
export function bestMatch(languages: readonly string[]): Locale {
  for (const language of languages) {
    const primary = language.toLowerCase().split('-')[0];
    const match = locales.find((locale) => locale === primary);
    if (match) return match;
  }
  return 'en';
}

function parseLocale(text: string | null): Locale | null {
  return [...locales, 'pseudo' as const].find((locale) => locale === text) ?? null;
}

const KEY = 'locale';
