/** Ways through the product that several tests take, by the names on the screens. */
import { expect } from '@playwright/test';

import type { Api } from './api.ts';
import type { Person, PersonOptions } from './person.ts';
import type { Cast } from './test.ts';

/** A guest opens the link, says who they are and how they join, and goes in. */
export async function joinByLink(
  guest: Person,
  link: string,
  { name, role = 'I need help' }: { name: string; role?: 'I need help' | 'I am helping' },
): Promise<void> {
  await tryToJoin(guest, link, { name, role });
  await expect(guest.stage).toBeVisible();
}

/** The same up to the last tap, whatever the answer. */
export async function tryToJoin(
  guest: Person,
  link: string,
  { name, role = 'I need help' }: { name: string; role?: 'I need help' | 'I am helping' },
): Promise<void> {
  await guest.page.goto(link);
  await guest.page.getByRole('radio', { name: role }).click();
  await guest.field('Your name').fill(name);
  await guest.button('Continue').click();
  await passPreview(guest);
}

/** A signed-in person opens the session's page and goes in. */
export async function enterSession(person: Person, sessionId: string): Promise<void> {
  await person.page.goto(`/sessions/${sessionId}`);
  await passPreview(person);
  await expect(person.stage).toBeVisible();
}

/** The last step of everybody. */
async function passPreview(person: Person): Promise<void> {
  await expect(person.heading('Check camera and microphone')).toBeVisible();
  await person.button('Join').click();
}

export interface Pair {
  readonly expert: Person;
  readonly guest: Person;
  readonly sessionId: string;
}

/** An expert with an account and a guest who needs help, both in one session. */
export async function expertAndGuest(
  cast: Cast,
  owner: Api,
  options: { expert?: PersonOptions; guest?: PersonOptions; guestName: string },
): Promise<Pair> {
  const session = await owner.createSession('expert');
  const expert = await cast.enter({ signedIn: owner, ...options.expert });
  await enterSession(expert, session.id);
  const guest = await cast.enter(options.guest);
  await joinByLink(guest, session.invite.link, { name: options.guestName });
  return { expert, guest, sessionId: session.id };
}
