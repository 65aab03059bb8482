//! The session's log in words.

import type { MediaPath, ParticipantRole, SessionEvent } from '#lib/api/schema.ts';
import { t, type PlainMessageKey } from '#lib/i18n/i18n.ts';

export const roleWords: Record<ParticipantRole, PlainMessageKey> = {
  assisted: 'call.role-assisted',
  expert: 'call.role-expert',
  observer: 'call.role-observer',
};

export const pathWords: Record<MediaPath, PlainMessageKey> = {
  udp: 'call.path-udp',
  tcp: 'call.path-tcp',
  relay: 'call.path-relay',
};

/** One line for one event. Names are looked up when it is shown: a deleted person's is gone from the past too. */
export function eventInWords(event: SessionEvent, nameOf: (participantId: string | null) => string): string {
  const name = nameOf(event.participant_id);
  switch (event.kind) {
    case 'session_created':
      return t('call.event-created');
    case 'session_ended':
      return t('call.event-ended');
    case 'session_reopened':
      return t('call.event-reopened');
    case 'invite_renewed':
      return t('call.event-invite-renewed');
    case 'participant_joined':
      return t('call.event-joined', { name });
    case 'participant_left':
      return leftInWords(event.data.reason, name);
    case 'role_changed':
      return t('call.event-role', { name, role: t(roleWords[event.data.to]) });
    case 'path_changed':
      return t('call.event-path', { name, path: t(pathWords[event.data.path]) });
  }
}

function leftInWords(reason: string, name: string): string {
  switch (reason) {
    case 'connection_lost':
      return t('call.event-lost', { name });
    case 'removed':
      return t('call.event-removed', { name });
    case 'server_restarted':
      return t('call.event-restarted', { name });
    default:
      return t('call.event-left', { name });
  }
}
