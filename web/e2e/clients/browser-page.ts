/**
 * LiveKit's client for browsers as it comes from its package, in a page of the web app, under its content
 * security policy.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

import type * as LiveKit from 'livekit-client';

import type { Person } from '../harness/person.ts';
import { participate, type Heard, type InPage } from './browser-participant.ts';
import type { Order } from './participant.ts';

/** A made-up page would have no address, and Chromium would let it connect to none of this machine. */
export const CLIENT_PATH = '/sign-in';
const require = createRequire(import.meta.url);
/** What a page without a bundler takes. */
const SCRIPT = require.resolve('livekit-client');
const WORKER = require.resolve('livekit-client/e2ee-worker');

declare global {
  interface Window {
    LivekitClient: typeof LiveKit;
  }
}

/** What a participant needs of a page, in whichever browser it is and whatever drives that. */
export interface ClientPage {
  start(hear: (heard: Heard) => void, joining: InPage): Promise<void>;
  obey(order: Order): Promise<string | null>;
  leave(): Promise<void>;
}

export class ChromiumPage implements ClientPage {
  readonly #person: Person;

  constructor(person: Person) {
    this.#person = person;
  }

  async start(hear: (heard: Heard) => void, joining: InPage): Promise<void> {
    await this.#person.page.exposeFunction('tell', hear);
    await openClientPage(this.#person);
    await this.#person.page.evaluate(participate, joining);
  }

  async obey(order: Order): Promise<string | null> {
    return this.#person.page.evaluate((given) => window.obey(given), order);
  }

  async leave(): Promise<void> {
    await this.#person.page.evaluate(() => window.leaveRoom());
  }
}

/** Shows the page; `window.LivekitClient` is there afterwards. */
export async function openClientPage(person: Person): Promise<void> {
  await person.page.goto(CLIENT_PATH);
  await person.page.evaluate(await clientScript());
}

export async function clientScript(): Promise<string> {
  return readFile(SCRIPT, 'utf8');
}

/** The client's worker that encrypts and decrypts. */
export async function workerScript(): Promise<string> {
  return readFile(WORKER, 'utf8');
}
