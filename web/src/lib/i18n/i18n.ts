//! Text for people: `t('area.message')` in the language of this browser.
//!
//! 1. `startI18n` chooses the language (`?locale=`, the choice kept in this browser, the browser's list).
//! 2. It loads that catalogue alone, so a page carries one language.
//! 3. `t` answers from it, synchronously, for the rest of the page's life. Another language is a reload.

import { loadPart } from '#lib/browser/upgrade.ts';

import type { en } from './en/catalogue.ts';
import { chooseLocale, type Locale } from './locale.ts';
import { formatMessage, type Message, type ParameterNames, type Parameters } from './message.ts';

export type MessageKey = keyof typeof en;

/** What a translation has to offer: every key, and plural forms where English has them. */
export type Catalogue = {
  readonly [K in MessageKey]: (typeof en)[K] extends string ? string : Exclude<Message, string>;
};

type Arguments<K extends MessageKey> = [ParameterNames<(typeof en)[K]>] extends [never]
  ? []
  : [parameters: Readonly<Record<ParameterNames<(typeof en)[K]>, string | number>>];

/** Keys of messages without parameters: the ones that can be handed around as data. */
export type PlainMessageKey = {
  [K in MessageKey]: Arguments<K> extends [] ? K : never;
}[MessageKey];

let active: { locale: Locale; catalogue: Readonly<Record<string, Message>> } | null = null;

/** Loads the catalogue. Awaited by the root layout before anything is drawn. */
export async function startI18n(): Promise<void> {
  if (active) return;
  const locale = chooseLocale();
  active = { locale, catalogue: await loadCatalogue(locale) };
  document.documentElement.lang = languageTag();
}

export function t<K extends MessageKey>(key: K, ...[parameters]: Arguments<K>): string {
  if (!active) throw new Error('t() was called before startI18n() had finished');
  const given: Parameters = parameters ?? {};
  return formatMessage(active.catalogue[key] ?? key, given, regionTag());
}

/** The language in use, as a BCP 47 tag for `lang`. */
export function languageTag(): string {
  return active && active.locale !== 'pseudo' ? active.locale : 'en';
}

/** The language in use as this browser's region writes it, for `Intl`: `en-GB` rather than `en`. */
export function regionTag(): string {
  const language = languageTag();
  return navigator.languages.find((tag) => tag.split('-')[0] === language) ?? language;
}

export function activeLocale(): Locale {
  return active?.locale ?? 'en';
}

async function loadCatalogue(locale: Locale): Promise<Readonly<Record<string, Message>>> {
  switch (locale) {
    case 'en':
      return (await loadPart(() => import('./en/catalogue.ts'))).en;
    case 'pt':
      return (await loadPart(() => import('./pt/catalogue.ts'))).pt;
    case 'pseudo':
      return (await loadPart(() => import('./pseudo.ts'))).pseudo;
  }
}
