import { expect, test } from 'vitest';

import { formatCode, formatTypedCode, parseInvite, spellCode, tokenOf } from './join-code.ts';

const TOKEN = 'q3v-Zk2_8fXw1LmN0pRtYa';

test.each(['123456789', '123 456 789', ' 123-456-789 ', '123.456.789', '１２３４５６７８９', '١٢٣ ٤٥٦ ٧٨٩'])(
  '%s is a code',
  (text) => {
    expect(parseInvite(text)).toEqual({ code: '123456789' });
  },
);

test.each(['', '12345678', '1234567890', 'abc', 'https://help.example/join'])('%s is nothing', (text) => {
  expect(parseInvite(text)).toBeNull();
});

test('a pasted link gives its token', () => {
  expect(parseInvite(` https://help.example/join#${TOKEN}\n`)).toEqual({ token: TOKEN });
});

test('a fragment that is no token is ignored', () => {
  expect(tokenOf('#top')).toBeNull();
  expect(tokenOf('')).toBeNull();
});

test.each(['.', ',', '!', ').', '"', '%22', '%E2%80%9D', '…'])('%s after a link is not part of it', (end) => {
  expect(tokenOf(`#${TOKEN}${end}`)).toBe(TOKEN);
});

test('codes are shown in groups of three', () => {
  expect(formatCode('123456789')).toBe('123 456 789');
  expect(formatCode('1234')).toBe('123 4');
  expect(formatCode('123')).toBe('123');
});

test('a code is spelled digit by digit', () => {
  expect(spellCode('123')).toBe('1 2 3');
});

test('typing regroups digits and leaves links alone', () => {
  expect(formatTypedCode('123456')).toBe('123 456');
  expect(formatTypedCode('123 456 7890')).toBe('123 456 789');
  expect(formatTypedCode('https://help')).toBe('https://help');
});
