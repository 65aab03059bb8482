//! The words for a device that cannot be used: what is wrong, and what to do about it in this browser.

import type { PlainMessageKey } from '#lib/i18n/i18n.ts';

import { browserOf, type Browser, type DeviceKind, type DeviceProblem } from './device-problem.ts';

export interface DeviceWords {
  title: PlainMessageKey;
  help: PlainMessageKey;
  /** What to press, where that is a symbol in the address bar. */
  picture: BarPicture | null;
}

export type BarSymbol = 'sliders' | 'lock' | 'camera-off' | 'lines';

export interface BarPicture {
  symbol: BarSymbol;
  isBelow: boolean;
}

export function wordsFor(kind: DeviceKind, problem: DeviceProblem, userAgent: string): DeviceWords {
  const browser = browserOf(userAgent);
  return {
    title: titleOf(kind, problem),
    help: helpFor(problem, browser),
    picture: problem === 'denied' ? PICTURES[browser] : null,
  };
}

/** One pair of words when both devices have the same trouble, else one for each. */
export function wordsForBoth(
  problems: Record<DeviceKind, DeviceProblem | null>,
  userAgent: string,
): DeviceWords[] {
  const { camera, microphone } = problems;
  if (camera !== null && camera === microphone && isOfPermission(camera)) {
    return [{ ...wordsFor('camera', camera, userAgent), title: 'device.both-denied' }];
  }
  if (camera === microphone && (camera === 'insecure' || camera === 'unsupported')) {
    return [wordsFor('camera', camera, userAgent)];
  }
  const words = [];
  if (camera !== null) words.push(wordsFor('camera', camera, userAgent));
  if (microphone !== null) words.push(wordsFor('microphone', microphone, userAgent));
  return words;
}

function titleOf(kind: DeviceKind, problem: DeviceProblem): PlainMessageKey {
  switch (problem) {
    case 'denied':
    case 'denied-by-system':
    case 'dismissed':
      return `device.${kind}-denied`;
    case 'in-use':
      return `device.${kind}-in-use`;
    case 'not-found':
      return `device.${kind}-not-found`;
    case 'insecure':
    case 'unsupported':
      return 'device.insecure';
    case 'failed':
      return `device.${kind}-failed`;
  }
}

function helpFor(problem: DeviceProblem, browser: Browser): PlainMessageKey {
  switch (problem) {
    case 'denied':
      return `device.help-${browser}`;
    case 'denied-by-system':
      return 'device.system-help';
    case 'dismissed':
      return 'device.dismissed-help';
    case 'in-use':
      return 'device.in-use-help';
    case 'not-found':
      return 'device.not-found-help';
    case 'insecure':
      return 'device.insecure-help';
    case 'unsupported':
      return 'browser.text';
    case 'failed':
      return 'device.failed-help';
  }
}

function isOfPermission(problem: DeviceProblem): boolean {
  return problem === 'denied' || problem === 'denied-by-system' || problem === 'dismissed';
}

/** Safari on a computer has it in its menu, which a picture of the address bar does not show. */
const PICTURES: Readonly<Record<Browser, BarPicture | null>> = {
  chrome: { symbol: 'sliders', isBelow: false },
  'chrome-android': { symbol: 'sliders', isBelow: false },
  edge: { symbol: 'lock', isBelow: false },
  firefox: { symbol: 'camera-off', isBelow: false },
  'firefox-android': { symbol: 'lock', isBelow: false },
  safari: null,
  'safari-ios': { symbol: 'lines', isBelow: true },
  other: null,
};
