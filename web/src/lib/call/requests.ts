//! What a live session asks of the API.

import { api } from '#lib/api/api.ts';
import type {
  MintedRtcToken,
  OwnPlace,
  Participant,
  ParticipantRole,
  Session,
  SessionEvent,
} from '#lib/api/schema.ts';

import { wishedPathMode } from './path-mode.ts';

/** This browser's place in the session. Refused as `seat-needed` when it has none. */
export function readPlace(id: string): Promise<OwnPlace> {
  return api.get('/sessions/{id}/participants/me', { path: { id } });
}

export function readSession(id: string): Promise<Session> {
  return api.get('/sessions/{id}', { path: { id } });
}

/** The events up to and including `seq`, as many as come at once. */
export async function readEventsUpTo(id: string, seq: number): Promise<SessionEvent[]> {
  const query = { after: Math.max(0, seq - EVENTS_AT_ONCE), limit: EVENTS_AT_ONCE };
  const page = await api.get('/sessions/{id}/events', { path: { id }, query });
  return page.items;
}

/** For signed-in people; guests take theirs by redeeming an invite. */
export function takeSeat(id: string, role: ParticipantRole): Promise<Participant> {
  return api.post('/sessions/{id}/participants', { path: { id }, body: { role } });
}

export function requestRtcToken(id: string): Promise<MintedRtcToken> {
  const query = { path_mode: wishedPathMode() };
  return api.post('/sessions/{id}/rtc-tokens', { path: { id }, query });
}

export async function removeParticipant(id: string, participant_id: string): Promise<void> {
  await api.delete('/sessions/{id}/participants/{participant_id}', { path: { id, participant_id } });
}

/** Gives somebody who was removed their place back; they come by themselves. */
export async function readmitParticipant(id: string, participant_id: string): Promise<void> {
  await api.post('/sessions/{id}/participants/{participant_id}/readmit', { path: { id, participant_id } });
}

export function endSession(id: string): Promise<Session> {
  return api.post('/sessions/{id}/end', { path: { id } });
}

export function reopenSession(id: string): Promise<Session> {
  return api.post('/sessions/{id}/reopen', { path: { id } });
}

/** The most that the API gives. */
const EVENTS_AT_ONCE = 200;
