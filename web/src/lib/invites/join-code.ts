//! What a person may type or paste to join: nine digits in any grouping, or the whole link.

/** What an invite is found by. */
export type InviteKey = { code: string } | { token: string };

/** Reads a code, a link, or the fragment of one; null when it is none of them. */
export function parseInvite(text: string): InviteKey | null {
  const token = tokenOf(text);
  if (token) return { token };
  const digits = digitsOf(text);
  return digits.length === CODE_LENGTH ? { code: digits } : null;
}

/**
 * The join page for `key`. Both kinds stand in the fragment, which browsers keep from servers and their logs.
 */
export function joinPath(key: InviteKey): `join#${string}` {
  return `join#${'token' in key ? key.token : key.code}`;
}

/**
 * The token in the fragment of an invitation link, such as `location.hash`. A sentence's end that a messenger
 * took for a part of the link does no harm.
 */
export function tokenOf(link: string): string | null {
  return /#([\w-]{16,})[\s.,;:!?)\]}>'"’”»…]*$/.exec(decoded(link))?.[1] ?? null;
}

/** Browsers write some characters of a fragment as `%22`. */
function decoded(link: string): string {
  try {
    return decodeURIComponent(link);
  } catch {
    return link;
  }
}

/** `123456789` as people read it out: `123 456 789`. Incomplete codes are grouped as far as they go. */
export function formatCode(code: string): string {
  return digitsOf(code).replace(/(\d{3})(?=\d)/g, '$1 ');
}

/** The digits as a screen reader should say them: one by one. */
export function spellCode(code: string): string {
  return [...digitsOf(code)].join(' ');
}

/**
 * How a half-typed code looks in its field. Only text of digits and separators is regrouped; a link that is
 * being pasted or typed stays as it is.
 */
export function formatTypedCode(text: string): string {
  const normal = text.normalize('NFKC');
  return /^[\d\s.\-_/]*$/.test(normal) ? formatCode(normal.slice(0, 40)).slice(0, 11) : text;
}

/** Digits of any width or script (`１２３`, `٣`) as ASCII. */
function digitsOf(text: string): string {
  return [...text.normalize('NFKC')].map(digitValue).join('');
}

function digitValue(character: string): string {
  if (/\d/.test(character)) return character;
  if (!/\p{Nd}/u.test(character)) return '';
  // The digits of each script stand in a row of ten; zero is the first whose neighbour below is no digit.
  const code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return String(value);
}

const CODE_LENGTH = 9;
