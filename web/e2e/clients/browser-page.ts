/**
 * LiveKit's client for browsers as it comes from its package, in a page of the web app, under its content
 * security policy.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type * as LiveKit from 'livekit-client';

import type { Person } from '../harness/person.ts';

/** A made-up page would have no address, and Chromium would let it connect to none of this machine. */
const PATH = '/sign-in';
/** What a page without a bundler takes. */
const SCRIPT = createRequire(import.meta.url).resolve('livekit-client');

declare global {
  interface Window {
    LivekitClient: typeof LiveKit;
  }
}

/** Shows the page; `window.LivekitClient` is there afterwards. */
export async function openClientPage(person: Person): Promise<void> {
  await person.page.goto(PATH);
  await person.page.evaluate(await readFile(SCRIPT, 'utf8'));
}
