//! How good a new password is. A hint for the person; the server holds the rule (length).

export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 256;

export type Strength = 'too-short' | 'weak' | 'fair' | 'strong';

/**
 * Judges by length and by how much of it is not repetition or a run (`aaaa`, `1234`). Words of the person's
 * own (name, e-mail, organisation) count for nothing.
 */
export function passwordStrength(password: string, ownWords: readonly string[] = []): Strength {
  const length = [...password].length;
  if (length < PASSWORD_LENGTH_MIN) return 'too-short';
  const worth = surprise(withoutWords(password.toLowerCase(), ownWords)) + kindsOf(password);
  if (worth < 10) return 'weak';
  return worth < 14 ? 'fair' : 'strong';
}

/** Characters that neither repeat one of the two before nor continue a run. */
function surprise(text: string): number {
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0);
  return codes.filter((code, index) => {
    const before = codes[index - 1];
    if (before === undefined) return true;
    return code !== before && code !== codes[index - 2] && Math.abs(code - before) !== 1;
  }).length;
}

function kindsOf(password: string): number {
  return [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length - 1;
}

function withoutWords(text: string, words: readonly string[]): string {
  return words
    .flatMap((word) => word.toLowerCase().split(/[\s@.]+/))
    .filter((word) => word.length > 2)
    .reduce((rest, word) => rest.replace(word, ''), text);
}
