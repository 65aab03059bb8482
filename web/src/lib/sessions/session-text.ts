import type { Session } from '#lib/api/schema.ts';
import { formatAgo } from '#lib/i18n/format.ts';
import { t } from '#lib/i18n/i18n.ts';

export function sessionTitle(session: Session): string {
  return session.title ?? t('common.untitled-session');
}

/** Who started it and when: `Started by Ana · 5 minutes ago`. */
export function sessionOrigin(session: Session): string {
  const starter = session.is_mine
    ? t('sessions.started-by-you')
    : t('sessions.started-by', { name: session.created_by.name ?? t('common.deleted-user') });
  return `${starter} · ${formatAgo(session.created_at)}`;
}

export function presenceText(session: Session): string {
  const count = session.participants_present;
  return count > 0 ? t('sessions.present', { count }) : t('sessions.nobody-present');
}
