//! Who is in the session as the screen shows it: the log's participants joined with the room's media.

import type { Participant } from '#lib/api/schema.ts';
import { t } from '#lib/i18n/i18n.ts';

import type { Device } from './device.svelte.ts';
import type { RoomView } from './media.svelte.ts';
import type { SessionLog } from './session-log.ts';

/** A moving picture of somebody. */
export interface Picture {
  /** As the media server calls it; null while an own picture is not sent yet. */
  id: string | null;
  stream: MediaStreamTrack;
  /** How the person wants to see it; pointers are not affected. */
  isMirrored: boolean;
  attach: (element: HTMLMediaElement) => () => void;
}

export interface Person {
  participant: Participant;
  id: string;
  /** Null for a user who was deleted. */
  name: string | null;
  isYou: boolean;
  /** One of `COLOURS`, the same on every screen. */
  colour: number;
  picture: Picture | null;
  isAudible: boolean;
  isSpeaking: boolean;
}

export interface OwnDevices {
  camera: Pick<Device, 'sent' | 'isMirrored'>;
  microphone: Pick<Device, 'sent'>;
}

/** Everybody who is here, oneself first. Somebody whose last picture still shows counts as here. */
export function peopleOf(log: SessionLog, view: RoomView, own: OwnDevices): Person[] {
  const people = log.participants.flatMap((participant, index) => {
    const isYou = participant.id === log.you;
    const media = view.media.filter((one) => one.participant === participant.id);
    const isHere = isYou || participant.is_present || media.length > 0;
    if (!isHere || participant.is_removed) return [];
    const video = media.find(({ kind }) => kind === 'video');
    const person: Person = {
      participant,
      id: participant.id,
      name: participant.name,
      isYou,
      colour: index % COLOURS,
      picture: isYou ? ownPicture(own.camera, view.ownVideo) : video ? { ...video, isMirrored: false } : null,
      isAudible: isYou ? own.microphone.sent !== null : media.some(({ kind }) => kind === 'audio'),
      isSpeaking: view.speaking.has(participant.id),
    };
    return [person];
  });
  return [...people.filter(({ isYou }) => isYou), ...people.filter(({ isYou }) => !isYou)];
}

/** Users who were removed and stay out until somebody lets them back in. Guests come by a new invitation. */
export function removedUsers(log: SessionLog): Participant[] {
  return log.participants.filter(({ is_removed, kind }) => is_removed && kind === 'user');
}

/** The name of a participant, also of one who has left. */
export function nameIn(log: SessionLog, participantId: string | null): string {
  const participant = log.participants.find(({ id }) => id === participantId);
  if (!participant) return t('call.somebody');
  return participant.name ?? t('common.deleted-user');
}

function ownPicture(camera: OwnDevices['camera'], id: string | null): Picture | null {
  const stream = camera.sent;
  if (stream === null) return null;
  return { id, stream, isMirrored: camera.isMirrored, attach: attachmentOf(stream) };
}

/** Plays a track of this page. The same track gets the same answer, so that it is attached once. */
export function attachmentOf(track: MediaStreamTrack): Picture['attach'] {
  const known = attachments.get(track);
  if (known) return known;
  const attach: Picture['attach'] = (element) => play(element, track);
  attachments.set(track, attach);
  return attach;
}

const attachments = new WeakMap<MediaStreamTrack, Picture['attach']>();

function play(element: HTMLMediaElement, track: MediaStreamTrack): () => void {
  const stream = new MediaStream([track]);
  element.muted = true;
  element.srcObject = stream;
  // Refused when the element leaves the page before it starts, which is no problem.
  element.play().catch(() => undefined);
  return () => {
    if (element.srcObject === stream) element.srcObject = null;
  };
}

export const COLOURS = 8;
