//! Who is signed in in this browser: the user, their organisation, and the policies that hold for them.

import { api } from '#lib/api/api.ts';
import type { CurrentSignIn, UserRole } from '#lib/api/schema.ts';

class Viewer {
  /** Null: nobody, or not asked yet (see `load`). */
  current = $state.raw<CurrentSignIn | null>(null);

  readonly isAdmin = $derived(this.current !== null && ADMIN_ROLES.includes(this.current.user.role));

  #isKnown = false;

  /** Asks the server once; later calls answer from memory. */
  async load(): Promise<CurrentSignIn | null> {
    if (!this.#isKnown) await this.reload();
    return this.current;
  }

  /** Asks the server again, such as after signing in. */
  async reload(): Promise<void> {
    this.current = await api.get('/sign-ins/current');
    this.#isKnown = true;
  }

  async signOut(): Promise<void> {
    await api.delete('/sign-ins/current');
    this.signedOut();
  }

  /** The sign-in is over, here or in another tab. */
  signedOut(): void {
    this.current = null;
  }
}

const ADMIN_ROLES: readonly UserRole[] = ['owner', 'admin'];

export const viewer = new Viewer();
