/**
 * The server becomes newer while pages are open. The edge of the browser plays the upgrade: files that a page
 * has not asked for yet are gone and the server names another version, until the page is loaded anew.
 */
import type { Page } from '@playwright/test';

import { GUEST } from '../harness/data.ts';
import { expertAndGuest } from '../harness/flows.ts';
import { expect, test } from '../harness/test.ts';

/** What the browser and SvelteKit say about a file that is gone, or about a server that is. */
const PROVOKED =
  /dynamically imported module|Failed to load resource|preload CSS|ERR_CONNECTION|WebSocket|WS/i;
const LOST_SERVER = /data channel|signal stream|leave request|negotiation/i;

interface Upgrade {
  /** How often the page was loaded since. */
  readonly loads: () => number;
}

/** `gone` is missing from here on: for the open page only, or for every later one, as if a cache kept it old. */
async function upgrade(page: Page, gone: RegExp, { isCached = false } = {}): Promise<Upgrade> {
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) loads += 1;
  });
  const isOld = (): boolean => isCached || loads === 0;
  await page.route('**/_app/version.json', (route) =>
    isOld() ? route.fulfill({ json: { version: 'newer' } }) : route.fallback(),
  );
  await page.route(gone, (route) =>
    isOld() ? route.fulfill({ status: 404, body: 'not found' }) : route.fallback(),
  );
  return { loads: () => loads };
}

test('a guest with a page from before an upgrade goes on after one reload', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const guest = await cast.enter();
  await guest.page.goto('/join');
  await expect(guest.field('Join code')).toBeVisible();
  const { loads } = await upgrade(guest.page, /\/_app\/immutable\//);

  await guest.field('Join code').fill(session.invite.code);
  await guest.button('Join').click();
  await guest.field('Your name').fill(GUEST);
  expect(loads(), 'nothing is interrupted that works').toBe(0);
  await guest.button('Continue').click();
  await expect.poll(loads).toBe(1);
  await expect(guest.field('Your name')).toHaveValue(GUEST);
  await guest.button('Continue').click();
  await expect(guest.heading('Check camera and microphone')).toBeVisible();
  expect(loads()).toBe(1);
  guest.forgive(PROVOKED);
});

test('an old page that a cache keeps serving says so instead of loading for ever', async ({
  owner,
  cast,
}) => {
  const session = await owner.createSession('expert');
  const guest = await cast.enter();
  const { loads } = await upgrade(guest.page, /\/assets\/DevicePreview/, { isCached: true });
  await guest.page.goto(session.invite.link);
  await guest.field('Your name').fill(GUEST);
  await guest.button('Continue').click();
  await expect.poll(loads).toBe(2);
  await guest.button('Continue').click();
  await expect(guest.heading('This page could not be loaded completely')).toBeVisible();
  await expect(guest.button('Load again')).toBeVisible();
  expect(loads(), 'the first, and one more').toBe(2);
  guest.forgive(PROVOKED);
});

test('a part that the network lost is no reason to reload', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const guest = await cast.enter();
  await guest.page.route(/\/assets\/DevicePreview/, (route) => route.abort());
  await guest.page.goto(session.invite.link);
  await guest.field('Your name').fill(GUEST);
  await guest.button('Continue').click();
  await expect(guest.heading('This page could not be loaded completely')).toBeVisible();
  await guest.page.unroute(/\/assets\/DevicePreview/);
  await guest.button('Load again').click();
  await guest.button('Continue').click();
  await expect(guest.heading('Check camera and microphone')).toBeVisible();
  guest.forgive(PROVOKED);
});

test('a signed-in person who goes on to another page gets the new version of it', async ({ owner, cast }) => {
  const person = await cast.enter({ signedIn: owner });
  await person.page.goto('/');
  await expect(person.link('People')).toBeVisible();
  const { loads } = await upgrade(person.page, /\/_app\/immutable\//);
  await person.link('People').hover();
  await person.link('People').click();
  await expect(person.page).toHaveURL(/\/people$/);
  await expect(person.button('Add user')).toBeVisible();
  expect(loads()).toBe(1);
  person.forgive(PROVOKED);
});

test('a live session goes on over an upgrade of the server', async ({ server, owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, { guestName: GUEST });
  await expect(expert.stageVideo).toBeVisible();
  const upgrades = [await upgrade(expert.page, /\/_app\//), await upgrade(guest.page, /\/_app\//)];
  await server.stop();
  await expect(guest.page.getByText(/server is restarting/)).toBeVisible();
  await server.resume();
  await expect(guest.page.getByText(/server is restarting/)).toBeHidden();
  await expect(expert.videoOf(GUEST)).toBeVisible();
  await expect(expert.button('Mute')).toBeVisible();
  for (const { loads } of upgrades) expect(loads()).toBe(0);
  for (const person of [expert, guest]) {
    person.forgive(PROVOKED);
    person.forgive(LOST_SERVER);
  }
});
