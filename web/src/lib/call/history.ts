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

/** One line of the history: an event, with what belongs to it. */
export interface HistoryLine {
  event: SessionEvent;
  /** The same person went just before: a reload, or a connection that broke for a moment. */
  isReturn: boolean;
  path: MediaPath | null;
}

/**
 * The log as lines. Somebody's going and coming within some seconds are one line, and so are a coming and
 * the path by which it is.
 */
export function linesOf(events: readonly SessionEvent[]): HistoryLine[] {
  const lines: HistoryLine[] = [];
  for (const event of events) {
    const id = event.participant_id;
    const before = id === null ? undefined : lines.findLast((line) => line.event.participant_id === id);
    const isSoon = before !== undefined && Date.parse(event.at) - Date.parse(before.event.at) <= TOGETHER_MS;
    const wentBefore = before?.event.kind === 'participant_left' && mayBeBack(before.event.data.reason);
    if (isSoon && wentBefore && event.kind === 'participant_joined') {
      lines.splice(lines.lastIndexOf(before), 1);
      lines.push({ event, isReturn: true, path: null });
    } else if (isSoon && before.event.kind === 'participant_joined' && event.kind === 'path_changed') {
      before.path ??= event.data.path;
      if (before.path !== event.data.path) lines.push({ event, isReturn: false, path: null });
    } else {
      lines.push({ event, isReturn: false, path: null });
    }
  }
  return lines;
}

function mayBeBack(reason: string): boolean {
  return reason !== 'removed' && reason !== 'session_ended';
}

const TOGETHER_MS = 20_000;

/** One line in words. */
export function lineInWords(line: HistoryLine, nameOf: (participantId: string | null) => string): string {
  const { event, isReturn, path } = line;
  if (event.kind !== 'participant_joined') return eventInWords(event, nameOf);
  const name = nameOf(event.participant_id);
  if (path === null) return t(isReturn ? 'call.event-back' : 'call.event-joined', { name });
  return t(isReturn ? 'call.event-back-by' : 'call.event-joined-by', { name, path: t(pathWords[path]) });
}

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
