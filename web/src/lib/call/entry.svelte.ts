//! The way into a session's page and out of it again.
//!
//! 1. `loading`: does this browser have a seat? A signed-in person without one chooses a `role`.
//! 2. `preview`: camera and microphone, unless they were chosen in this tab already (joined just now, or
//!    the page was loaded again): then straight on.
//! 3. `live`, until it is left or closed by somebody else: `ended`, or `closed` with the reason.

import type { OwnPlace, ParticipantRole, Session } from '#lib/api/schema.ts';

import { isProblem } from '#lib/api/problem.ts';
import { viewer } from '#lib/sign-in/viewer.svelte.ts';

import { Announcer } from './announcer.svelte.ts';
import { Call, type CallClosed } from './call.svelte.ts';
import { forgetChoice, takeOver, type Devices } from './devices.svelte.ts';
import { readPlace, readSession, reopenSession, takeSeat } from './requests.ts';

export type Entry =
  | { name: 'loading' }
  | { name: 'role'; session: Session; yourName: string }
  | { name: 'preview'; seat: OwnPlace }
  | { name: 'live'; call: Call; announcer: Announcer }
  | { name: 'ended'; session: Session }
  | { name: 'closed'; by: Exclude<CallClosed, 'session-ended'> }
  | { name: 'failed' };

export class SessionEntry {
  state = $state.raw<Entry>({ name: 'loading' });
  readonly sessionId: string;
  #isGone = false;

  constructor(sessionId: string) {
    this.sessionId = sessionId;
  }

  async load(): Promise<void> {
    this.state = { name: 'loading' };
    const next = await this.#find().catch((error: unknown) => entryFor(error));
    if (!this.#isGone) this.#show(next);
  }

  /** For a signed-in person without a seat. */
  async take(role: ParticipantRole): Promise<void> {
    try {
      await takeSeat(this.sessionId, role);
      await this.load();
    } catch (error) {
      this.#show(entryFor(error));
    }
  }

  leave(): void {
    forgetChoice(this.sessionId);
    this.#show({ name: 'closed', by: 'left' });
  }

  /** The call was closed by somebody or something else. */
  closed(by: CallClosed): void {
    if (this.state.name !== 'live') return;
    if (by === 'signed-out') viewer.signedOut();
    const { session } = this.state.call.connection.log;
    if (by === 'session-ended' && session) this.#show({ name: 'ended', session });
    else if (by === 'session-ended') void this.load();
    else this.#show({ name: 'closed', by });
  }

  async reopen(): Promise<void> {
    await reopenSession(this.sessionId);
    await this.load();
  }

  /** The page is left. */
  destroy(): void {
    this.#isGone = true;
    this.#show({ name: 'loading' });
  }

  async #find(): Promise<Entry> {
    const { sessionId } = this;
    try {
      const seat = await readPlace(sessionId);
      if (seat.session.state === 'ended') return { name: 'ended', session: seat.session };
      const devices = takeOver(sessionId, seat.participant.role === 'assisted' ? 'back' : 'front');
      return devices === null ? { name: 'preview', seat } : this.#enter(devices);
    } catch (error) {
      if (!isProblem(error, 'seat-needed')) throw error;
    }
    const session = await readSession(sessionId);
    if (session.state === 'ended') return { name: 'ended', session };
    const signIn = await viewer.load();
    if (signIn === null) return { name: 'closed', by: 'seat-needed' };
    return { name: 'role', session, yourName: signIn.user.name };
  }

  #enter(devices: Devices): Entry {
    const announcer = new Announcer();
    const call = new Call({
      sessionId: this.sessionId,
      devices,
      happened: (event) => {
        if (event.kind === 'participant_left' && event.participant_id) {
          call.forgetPointer(event.participant_id);
        }
        announcer.hear(event, (id) => (id === call.connection.log.you ? null : call.nameOf(id)));
      },
    });
    void devices.open();
    call.start();
    return { name: 'live', call, announcer };
  }

  #show(next: Entry): void {
    const before = this.state;
    if (before.name === 'live' && next !== before) before.call.close('left');
    this.state = next;
  }
}

function entryFor(error: unknown): Entry {
  if (isProblem(error, 'seat-needed', 'not-signed-in', 'forbidden'))
    return { name: 'closed', by: 'seat-needed' };
  if (isProblem(error, 'removed-from-session')) return { name: 'closed', by: 'removed' };
  if (isProblem(error, 'not-found')) return { name: 'closed', by: 'gone' };
  if (isProblem(error, 'session-full')) return { name: 'closed', by: 'session-full' };
  return { name: 'failed' };
}
