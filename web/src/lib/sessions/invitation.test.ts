import { expect, test, vi } from 'vitest';

import { mailAddress } from './invitation.ts';

// The words of a page that is not there: which language it speaks is the browser's.
vi.mock('#lib/i18n/i18n.ts', async () => {
  const { en } = await import('#lib/i18n/en/catalogue.ts');
  const { formatMessage } = await import('#lib/i18n/message.ts');
  type Parameters = Readonly<Record<string, string | number>>;
  return { t: (key: keyof typeof en, given: Parameters = {}) => formatMessage(en[key], given, 'en') };
});

test('the lines of a mail end as mail programs want them', () => {
  const invite = {
    code: '123456789',
    link: 'https://help.example/join#token',
    expires_at: '2026-01-01T00:00:00Z',
    is_expired: false,
  };
  const address = new URL(mailAddress(invite, 'Pump 4'));
  const body = address.searchParams.get('body') ?? '';
  expect(body).toContain('\r\nhttps://help.example/join#token\r\n\r\n');
  expect(body.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
});
