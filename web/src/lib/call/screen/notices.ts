//! Which message about the call is the one to show: the first that is true, in the order of what it costs.

import type { Call } from '../call.svelte.ts';

export type NoticeName = 'stopping' | 'reconnecting' | 'sound' | 'nothing' | 'camera' | 'microphone' | 'weak';

/** What the choice depends on. */
export type Situation = Pick<Call, 'state'> & {
  connection: Pick<Call['connection'], 'isServerStopping'>;
  media: { view: Pick<Call['media']['view'], 'isAudioBlocked'>; quality: Call['media']['quality'] };
  devices: Record<'camera' | 'microphone', { problem: unknown }>;
};

export function noticeFor({ state, connection, media, devices }: Situation): NoticeName | null {
  if (connection.isServerStopping) return 'stopping';
  if (state === 'reconnecting') return 'reconnecting';
  if (state !== 'live') return null;
  if (media.view.isAudioBlocked) return 'sound';
  const lacksCamera = devices.camera.problem !== null;
  const lacksMicrophone = devices.microphone.problem !== null;
  if (lacksCamera && lacksMicrophone) return 'nothing';
  if (lacksMicrophone) return 'microphone';
  if (lacksCamera) return 'camera';
  return media.quality === 'weak' ? 'weak' : null;
}
