//! Tells what happens to people who do not look: in words for screen readers, by a sound, in the tab's title.

import type { SessionEvent } from '#lib/api/schema.ts';

import { chime } from './chime.ts';
import { eventInWords } from './history.ts';

export class Announcer {
  /** The newest thing that happened, for a live region. */
  text = $state('');
  /** Arrivals while the page was hidden. */
  unseen = $state(0);

  /** `nameOf` answers null for the person at this page, whose own coming is no news. */
  hear(event: SessionEvent, nameOf: (participantId: string | null) => string | null): void {
    const name = nameOf(event.participant_id);
    if (event.participant_id !== null && name === null) return;
    if (event.kind === 'path_changed') return;
    this.text = eventInWords(event, () => name ?? '');
    if (event.kind !== 'participant_joined') return;
    chime();
    if (document.visibilityState === 'hidden') this.unseen += 1;
  }

  /** Clears the badge when the page is looked at. */
  watchPage(): () => void {
    const seen = () => {
      if (document.visibilityState === 'visible') this.unseen = 0;
    };
    document.addEventListener('visibilitychange', seen);
    return () => document.removeEventListener('visibilitychange', seen);
  }
}
