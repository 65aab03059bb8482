//! What this server is, asked once per page: whether it is set up, whose it is, whom to ask for support.

import { api } from '#lib/api/api.ts';
import type { Installation } from '#lib/api/schema.ts';

let asked: Promise<Installation> | null = null;

/** A failed answer is not kept, so that the next caller asks again. */
export function readInstallation(): Promise<Installation> {
  asked ??= api.get('/installation').catch((error: unknown) => {
    asked = null;
    throw error;
  });
  return asked;
}

/** Forgets the answer, because something that it says has changed. */
export function forgetInstallation(): void {
  asked = null;
}
