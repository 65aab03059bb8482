//! Why a call is over, when its two connections say different things.

import type { MediaClosed } from './media.svelte.ts';
import type { SessionClosed } from './session-connection.svelte.ts';

/**
 * Null: it is not over. Being sent out of the room has several causes that the room does not tell apart: a
 * removal, an account that was switched off. The log says which, a moment sooner or later; `hasWaited` is
 * whether that moment has passed.
 */
export function reasonToClose(
  media: MediaClosed | null,
  log: SessionClosed | null,
  hasWaited: boolean,
): MediaClosed | SessionClosed | null {
  if (media === 'removed') return log ?? (hasWaited ? 'removed' : null);
  if (log === 'removed') return 'removed';
  return media ?? log;
}
