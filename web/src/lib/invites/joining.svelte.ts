//! The way in with an invitation, one decision at a time.
//!
//! 1. `code`: the person types a code (skipped when they came by a link).
//! 2. `looking-up`: what is this an invitation to?
//! 3. `identity`: name and role.
//! 4. `preview`: camera and microphone, nobody else sees them.
//! 5. `joining`: the seat is being taken.
//! 6. `seated`: the page goes on to the session. A browser that has a seat already comes here from 2.
//! From 2 and 5, and from a link that was cut off, a refusal leads to `refused`, which leads back to 1 or tries again.

import { api } from '#lib/api/api.ts';
import { newIdempotencyKey } from '#lib/api/idempotency-key.ts';
import { ApiProblem, isProblem } from '#lib/api/problem.ts';
import type { FoundInvite, ParticipantRole } from '#lib/api/schema.ts';
import type { InviteKey } from './join-code.ts';
import { hadSeat, keepName, keepSeat, keptName } from './kept-guest.ts';

export type JoiningRole = Exclude<ParticipantRole, 'observer'>;

type Step =
  | { at: 'code' }
  | { at: 'looking-up' }
  | { at: 'identity'; invite: FoundInvite }
  | { at: 'preview'; invite: FoundInvite }
  | { at: 'joining'; invite: FoundInvite }
  | { at: 'seated'; sessionId: string }
  | { at: 'refused'; error: unknown };

export class Joining {
  step = $state.raw<Step>({ at: 'code' });
  name = $state(keptName());
  role = $state<JoiningRole>('assisted');

  #key: InviteKey | null = null;
  /** The last try to take a seat: when its answer got lost, the same once more takes no second one. */
  #attempt = { content: '', idempotencyKey: '' };

  /** Looks up what `key` invites to. */
  async lookUp(key: InviteKey): Promise<void> {
    this.#key = key;
    this.step = { at: 'looking-up' };
    try {
      const invite = await api.post('/invites/look-ups', { body: key });
      const isSeated = hadSeat(invite.session_id) && (await holdsSeat(invite.session_id));
      if (this.#key !== key) return;
      this.step = isSeated ? { at: 'seated', sessionId: invite.session_id } : { at: 'identity', invite };
    } catch (error) {
      if (this.#key === key) this.step = { at: 'refused', error };
    }
  }

  /** The link that the person followed can be no invitation. */
  refuseLink(): void {
    this.#key = null;
    const error = new ApiProblem({ slug: 'invite-not-found', status: 404, fields: [], retryAfterS: null });
    this.step = { at: 'refused', error };
  }

  /** Name and role are chosen. */
  identify(): void {
    if (this.step.at !== 'identity') return;
    this.name = this.name.trim();
    keepName(this.name);
    this.step = { at: 'preview', invite: this.step.invite };
  }

  /** One decision back. */
  back(): void {
    if (this.step.at === 'preview') this.step = { at: 'identity', invite: this.step.invite };
    else this.startOver();
  }

  /** Takes the seat. Signed-in people are known by their account, guests by the name they gave. */
  async join(isSignedIn: boolean): Promise<void> {
    if (this.step.at !== 'preview' || !this.#key) return;
    const { invite } = this.step;
    this.step = { at: 'joining', invite };
    const identity = isSignedIn ? {} : { name: this.name };
    const body = { ...this.#key, ...identity, role: this.role };
    try {
      await api.post('/invites/redemptions', { body, idempotencyKey: this.#keyFor(body) });
      keepSeat(invite.session_id);
      this.step = { at: 'seated', sessionId: invite.session_id };
    } catch (error) {
      if (isProblem(error, 'idempotency-key-reused')) this.#attempt = { content: '', idempotencyKey: '' };
      this.step = isProblem(error, 'invalid-input') ? { at: 'identity', invite } : { at: 'refused', error };
    }
  }

  #keyFor(body: object): string {
    const content = JSON.stringify(body);
    if (this.#attempt.content !== content) {
      this.#attempt = { content, idempotencyKey: newIdempotencyKey() };
    }
    return this.#attempt.idempotencyKey;
  }

  /** The same invitation once more, such as when the session was full. */
  async retry(): Promise<void> {
    if (this.#key) await this.lookUp(this.#key);
    else this.startOver();
  }

  /** Back to typing a code. */
  startOver(): void {
    this.#key = null;
    this.step = { at: 'code' };
  }
}

async function holdsSeat(sessionId: string): Promise<boolean> {
  try {
    const { participant } = await api.get('/sessions/{id}/participants/me', { path: { id: sessionId } });
    return !participant.is_removed;
  } catch (error) {
    if (isProblem(error, 'seat-needed', 'not-signed-in', 'not-found', 'forbidden')) return false;
    throw error;
  }
}
