//! The oldest browsers that Helpsight supports, in one place: the build compiles down to them, and
//! `check-baseline.ts` proves that the result needs nothing newer. `docs/reference/browsers.md` says it to people.

export const baseline = {
  /** In the words of the bundler and of Lightning CSS. */
  buildTargets: ['chrome90', 'edge90', 'safari15.4', 'ios15.4', 'firefox115'],
};

/** Why a newer feature may stand in the output all the same. */
type Excuse = 'polyfilled' | 'guarded';

/**
 * What is newer than the baseline and no compiler takes away: names of methods, properties and globals.
 * `polyfilled`: `src/lib/browser/polyfills.ts` supplies it. `guarded`: every use first asks whether it exists,
 * or loses nothing without it; each such line was read. All others are forbidden in the output.
 */
export const newerNames: Readonly<Record<string, Excuse | 'forbidden'>> = {
  // Array, string, object
  at: 'polyfilled',
  findLast: 'polyfilled',
  findLastIndex: 'forbidden',
  hasOwn: 'polyfilled',
  toSorted: 'forbidden',
  toReversed: 'forbidden',
  toSpliced: 'forbidden',
  fromAsync: 'forbidden',
  groupBy: 'forbidden',
  isWellFormed: 'forbidden',
  toWellFormed: 'forbidden',
  isSubsetOf: 'forbidden',
  isSupersetOf: 'forbidden',
  isDisjointFrom: 'forbidden',
  symmetricDifference: 'forbidden',
  // Promises, workers, streams
  withResolvers: 'forbidden',
  waitAsync: 'forbidden',
  structuredClone: 'guarded',
  CompressionStream: 'guarded',
  DecompressionStream: 'guarded',
  requestIdleCallback: 'forbidden',
  // Web platform
  randomUUID: 'polyfilled',
  canParse: 'forbidden',
  checkVisibility: 'guarded',
  showPopover: 'forbidden',
  startViewTransition: 'forbidden',
  scrollend: 'forbidden',
  Segmenter: 'forbidden',
  setHTMLUnsafe: 'forbidden',
  getHTML: 'forbidden',
  moveBefore: 'forbidden',
  togglePopover: 'forbidden',
  hidePopover: 'forbidden',
  requestVideoFrameCallback: 'guarded',
  getSetCookie: 'forbidden',
};

/** CSS that the oldest browser would drop together with its whole rule or declaration. */
export const newerCss: readonly {
  name: string;
  pattern: RegExp;
  where: 'selector' | 'at-rule' | 'value' | 'property';
}[] = [
  { name: ':has()', pattern: /:has\(/, where: 'selector' },
  { name: 'nesting', pattern: /&/, where: 'selector' },
  { name: '@container', pattern: /^container$/, where: 'at-rule' },
  { name: '@layer', pattern: /^layer$/, where: 'at-rule' },
  { name: '@property', pattern: /^property$/, where: 'at-rule' },
  { name: '@scope', pattern: /^scope$/, where: 'at-rule' },
  { name: '@starting-style', pattern: /^starting-style$/, where: 'at-rule' },
  { name: 'media ranges', pattern: /[<>]=?/, where: 'at-rule' },
  { name: 'color-mix()', pattern: /color-mix\(/, where: 'value' },
  { name: 'oklch() and lab()', pattern: /\b(?:ok)?l(?:ch|ab)\(/, where: 'value' },
  { name: 'light-dark()', pattern: /light-dark\(/, where: 'value' },
  { name: 'dynamic viewport units', pattern: /\d[sld]v[hwib]\b/, where: 'value' },
  { name: 'container units', pattern: /\dcq[whib]\b/, where: 'value' },
  { name: 'subgrid', pattern: /\bsubgrid\b/, where: 'value' },
  { name: 'single transforms', pattern: /^(?:translate|rotate|scale)$/, where: 'property' },
];
