import { expect, test } from 'vitest';

import { judgeBrowser } from './support.ts';

const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PIXEL = 'Mozilla/5.0 (Linux; Android 14; Pixel 8';
const capable = { userAgent: 'Firefox/128', isSecure: true, hasPeerConnection: true, hasCamera: true };

test.each([
  ['Safari on an iPhone', `${IPHONE} Version/17.4 Mobile/15E148 Safari/604.1`],
  ['Chrome on an iPhone', `${IPHONE} CriOS/123.0 Mobile/15E148 Safari/604.1`],
  ['Chrome on Android', `${PIXEL}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0 Mobile Safari/537.36`],
])('%s is supported', (_, userAgent) => {
  expect(judgeBrowser({ ...capable, userAgent })).toBe('supported');
});

test.each([
  ['a messenger on an iPhone', `${IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/450.0]`],
  ['a mail app on an iPhone', `${IPHONE} Mobile/15E148`],
  ['a WebView on Android', `${PIXEL}; wv) AppleWebKit/537.36 Version/4.0 Chrome/120.0 Mobile Safari/537.36`],
])('%s is sent to a real browser', (_, userAgent) => {
  expect(judgeBrowser({ ...capable, userAgent })).toBe('in-app');
});

test('without https there is no camera', () => {
  expect(judgeBrowser({ ...capable, isSecure: false, hasCamera: false })).toBe('insecure');
});

test('a browser without calls is too old', () => {
  expect(judgeBrowser({ ...capable, hasPeerConnection: false })).toBe('too-old');
});
