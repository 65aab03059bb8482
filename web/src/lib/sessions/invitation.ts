//! The words and links that carry an invitation to somebody else.

import type { Invite } from '#lib/api/schema.ts';
import { t } from '#lib/i18n/i18n.ts';
import { formatCode } from '#lib/invites/join-code.ts';

/** Where a code is entered, short enough to be read out: `help.example/join`. */
export function joinAddress(invite: Invite): string {
  const link = new URL(invite.link);
  return link.host + link.pathname;
}

export function invitationSubject(title: string | null): string {
  return title ? t('invite.message-subject-titled', { title }) : t('invite.message-subject');
}

export function mailAddress(invite: Invite, title: string | null): string {
  const body = t('invite.message-body', {
    link: invite.link,
    address: joinAddress(invite),
    code: formatCode(invite.code),
  });
  // Lines of a body end so (RFC 6068 §5); some mail programs show nothing else as a new line.
  const lines = body.replaceAll('\n', '\r\n');
  return `mailto:?subject=${encodeURIComponent(invitationSubject(title))}&body=${encodeURIComponent(lines)}`;
}

/** `?&` is what both Android and iOS take for a text without a number (RFC 5724 has no word on bodies). */
export function smsAddress(invite: Invite): string {
  return `sms:?&body=${encodeURIComponent(t('invite.message-short', { link: invite.link }))}`;
}
