/** The panel beside the stage: its tabs by keyboard, and a history that is read while it grows. */
import type { Locator } from '@playwright/test';

import type { Api } from '../harness/api.ts';
import { enterSession } from '../harness/flows.ts';
import { PHONE, type Person } from '../harness/person.ts';
import { expect, test, type Cast } from '../harness/test.ts';

const RENEWALS = 40;

interface Desk {
  readonly expert: Person;
  /** One more entry in the history. */
  readonly renew: () => Promise<void>;
}

async function atTheDesk(owner: Api, cast: Cast, renewals = RENEWALS): Promise<Desk> {
  const session = await owner.createSession('expert');
  const renew = async (): Promise<void> => {
    await owner.post(`sessions/${session.id}/invite/renewals`);
  };
  for (let count = 0; count < renewals; count += 1) await renew();
  const expert = await cast.enter({ signedIn: owner });
  await enterSession(expert, session.id);
  return { expert, renew };
}

function tab(person: Person, name: string): Locator {
  return person.page.getByRole('tab', { name, exact: true });
}

function history(person: Person): Locator {
  return person.page.getByRole('tabpanel', { name: 'History', exact: true });
}

/** How far the end of the history is below what is seen, in pixels. */
async function belowSight(person: Person): Promise<number> {
  return history(person).evaluate((view) => view.scrollHeight - view.clientHeight - view.scrollTop);
}

async function entries(person: Person): Promise<number> {
  return history(person).getByRole('listitem').count();
}

test('arrow keys go from tab to tab, and the view comes next', async ({ owner, cast }) => {
  const { expert } = await atTheDesk(owner, cast);
  await tab(expert, 'People').focus();
  await expect(tab(expert, 'People')).toHaveAttribute('aria-selected', 'true');
  await expect(expert.page.getByRole('region', { name: 'Participants', exact: true })).toBeVisible();
  await expert.page.keyboard.press('ArrowRight');
  await expect(tab(expert, 'History')).toBeFocused();
  await expect(tab(expert, 'History')).toHaveAttribute('aria-selected', 'true');
  await expect(expert.page.getByRole('region', { name: 'Participants', exact: true })).toBeHidden();
  await expert.page.keyboard.press('Tab');
  await expect(history(expert)).toBeFocused();
  await expert.page.keyboard.press('Home');
  await expect.poll(() => belowSight(expert)).toBeGreaterThan(100);
  await expert.page.keyboard.press('Shift+Tab');
  await expert.page.keyboard.press('Home');
  await expect(tab(expert, 'People')).toBeFocused();
});

test('the history shows its newest entry, and stays where the reader went', async ({ owner, cast }) => {
  const { expert, renew } = await atTheDesk(owner, cast);
  await tab(expert, 'History').click();
  // The last that comes by itself.
  await expect(history(expert).getByText(/joined by/)).toBeVisible();
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);
  const before = await entries(expert);
  await renew();
  await expect.poll(() => entries(expert)).toBe(before + 1);
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);

  await history(expert).hover();
  await expert.page.mouse.wheel(0, -300);
  await expect.poll(() => belowSight(expert)).toBeGreaterThan(200);
  const top = (): Promise<number> => history(expert).evaluate((view) => view.scrollTop);
  const read = await top();
  await renew();
  await expect.poll(() => entries(expert)).toBe(before + 2);
  expect(await top()).toBe(read);
  await tab(expert, 'People').click();
  await tab(expert, 'History').click();
  await expect.poll(top).toBe(read);

  await expert.page.mouse.move(0, 0);
  await history(expert).hover();
  await expert.page.mouse.wheel(0, 2_000);
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);
  await renew();
  await expect.poll(() => entries(expert)).toBe(before + 3);
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);
});

test('a long history begins with the latest entries and shows earlier ones on demand', async ({
  owner,
  cast,
}) => {
  const { expert, renew } = await atTheDesk(owner, cast, 430);
  await tab(expert, 'History').click();
  await expect(history(expert).getByText(/joined by/)).toBeVisible();
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);
  const atFirst = await entries(expert);
  expect(atFirst).toBeLessThan(230);
  const first = history(expert).getByText('Session created');
  await expect(first).toHaveCount(0);

  await expert.button('Show earlier').click();
  await expect.poll(() => entries(expert)).toBe(atFirst + 200);
  await expert.button('Show earlier').click();
  await expect(first).toHaveCount(1);
  await expect(expert.button('Show earlier')).toHaveCount(0);
  const all = await entries(expert);
  expect(all).toBeGreaterThan(430);
  await renew();
  await expect.poll(() => entries(expert)).toBe(all + 1);
});

test('on a phone the same tabs are in a window', async ({ owner, cast }) => {
  const { expert } = await atTheDesk(owner, cast);
  await expert.page.setViewportSize(PHONE);
  await expert.page.getByRole('button', { name: /^Participants/ }).click();
  await tab(expert, 'History').click();
  await expect.poll(() => belowSight(expert)).toBeLessThan(2);
  await expect.poll(() => entries(expert)).toBeGreaterThan(RENEWALS);
});
