//! English in disguise: ⟦Ĵöîñ⟧. Text on the screen without the brackets did not come from a catalogue, and
//! text that is cut off would be cut off in a longer language too.

import { en } from './en/catalogue.ts';
import type { Message } from './message.ts';

/** Accents every letter outside `{parameters}`, lengthens by a third and puts brackets around. */
export function pseudoText(text: string): string {
  const accented = text.replace(/\{\w+\}|[a-zA-Z]/g, (part) => ACCENTED[part] ?? part);
  return `⟦${accented}${'·'.repeat(Math.ceil(text.length / 3))}⟧`;
}

function pseudoMessage(message: Message): Message {
  if (typeof message === 'string') return pseudoText(message);
  const forms = Object.entries(message).map(([form, text]) => [form, pseudoText(text)]);
  return { other: '', ...Object.fromEntries(forms) };
}

function disguise(catalogue: Readonly<Record<string, Message>>): Record<string, Message> {
  return Object.fromEntries(Object.entries(catalogue).map(([key, message]) => [key, pseudoMessage(message)]));
}

const ACCENTED: Readonly<Record<string, string>> = Object.fromEntries(
  [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter, index) => [
    letter,
    [...'åƀçðéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ'][index] ?? letter,
  ]),
);

export const pseudo = disguise(en);
