import { describe, expect, test } from 'vitest';
import { browserOf, problemBeforeAsking, problemOf } from './device-problem.ts';
import { wordsFor } from './device-words.ts';

describe('a rejected request for a device', () => {
  test.each([
    ['NotAllowedError', 'Permission denied', 'denied'],
    ['NotAllowedError', 'Permission denied by system', 'denied-by-system'],
    ['NotAllowedError', 'Permission dismissed', 'dismissed'],
    ['NotFoundError', 'Requested device not found', 'not-found'],
    ['OverconstrainedError', '', 'not-found'],
    ['NotReadableError', 'Could not start video source', 'in-use'],
    ['AbortError', 'Starting videoinput failed', 'in-use'],
    ['SecurityError', '', 'insecure'],
    ['TypeError', '', 'unsupported'],
    ['InvalidStateError', '', 'failed'],
  ])('%s (%s) is %s', (name, message, expected) => {
    const error = new Error(message);
    error.name = name;
    expect(problemOf(error)).toBe(expected);
  });

  test('that is no error at all is a failure', () => {
    expect(problemOf('no')).toBe('failed');
  });
});

describe('before asking', () => {
  test('a page without https is named first', () => {
    expect(problemBeforeAsking({ isSecure: false, hasDevices: false })).toBe('insecure');
  });

  test('a browser without devices is named', () => {
    expect(problemBeforeAsking({ isSecure: true, hasDevices: false })).toBe('unsupported');
  });

  test('everything else may be asked', () => {
    expect(problemBeforeAsking({ isSecure: true, hasDevices: true })).toBeNull();
  });
});

describe('the help for a denied device', () => {
  test.each([
    [
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
      'chrome',
    ],
    [
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36',
      'chrome-android',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/120.0',
      'edge',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'firefox'],
    ['Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0', 'firefox-android'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15',
      'safari',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/120.0 Mobile/15E148 Safari/604.1',
      'safari-ios',
    ],
    ['curl/8', 'other'],
  ])('knows %s', (userAgent, expected) => {
    expect(browserOf(userAgent)).toBe(expected);
  });

  test('shows what to press where the words speak of a symbol beside the address', () => {
    const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36';
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
    const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1';
    const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15';
    const picture = (userAgent: string) => wordsFor('camera', 'denied', userAgent).picture;
    expect(picture(chrome)).toEqual({ symbol: 'sliders', isBelow: false });
    expect(picture(firefox)).toEqual({ symbol: 'camera-off', isBelow: false });
    expect(picture(iphone)).toEqual({ symbol: 'lines', isBelow: true });
    expect(picture(mac)).toBeNull();
    expect(wordsFor('camera', 'in-use', chrome).picture).toBeNull();
  });
});
