/** On a phone everything that can be tapped is big enough for a finger in a glove: 48 pixels each way. */
import { EXPERT, MEMBER, TITLE } from '../harness/data.ts';
import { expertAndGuest } from '../harness/flows.ts';
import type { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

const LONG_NAME = 'Maximiliane Alexandra von Hohenstein-Wittgenstein zu Berleburg';

/** What is too small, with its size. What a target is drawn as may be smaller than what takes the finger. */
async function tooSmall(person: Person): Promise<string[]> {
  return person.page.evaluate(() => {
    const half = 48 / 2 - 1;
    const selector = 'button, a[href], input, select, [role=tab]';
    const takes = (element: Element, x: number, y: number): boolean => {
      const hit = document.elementFromPoint(x, y);
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : undefined;
      return hit !== null && (element.contains(hit) || (label?.contains(hit) ?? false));
    };
    return [...document.querySelectorAll(selector)].flatMap((element) => {
      element.scrollIntoView({ block: 'center', inline: 'center' });
      const { left, top, width, height } = element.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      // Hidden, or under a window.
      if (width === 0 || !takes(element, x, y)) return [];
      const reaches = [
        [x - half, y],
        [x + half, y],
        [x, y - half],
        [x, y + half],
      ].every(([atX = 0, atY = 0]) => takes(element, atX, atY));
      const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
      return reaches ? [] : [`${name.trim()}: ${Math.round(width)} x ${Math.round(height)}`];
    });
  });
}

test('pages of the desk', async ({ owner, cast }) => {
  await owner.addUser(EXPERT);
  await owner.addUser(MEMBER);
  await owner.createSession('expert', TITLE);
  const person = await cast.enter({ signedIn: owner, isPhone: true });
  for (const [path, name] of [
    ['/', TITLE],
    ['/sessions', TITLE],
    ['/new', 'I am helping'],
    ['/people', MEMBER.name],
    ['/policies', 'Guests may join'],
  ] as const) {
    await person.page.goto(path);
    // What comes last.
    await expect(person.page.getByText(name, { exact: true }).first()).toBeVisible();
    expect.soft(await tooSmall(person), path).toEqual([]);
  }
});

test('pages of a visitor', async ({ server, owner, cast }) => {
  const session = await owner.createSession('expert', TITLE);
  const person = await cast.enter({ isPhone: true });
  for (const url of [server.setupUrl, '/', '/sign-in', '/join', '/join#AAAAAAAAAAAAAAAAAAAAAA']) {
    await person.page.goto(url);
    await person.page.reload();
    await expect(person.page.getByRole('heading').first()).toBeVisible();
    expect.soft(await tooSmall(person), url).toEqual([]);
  }
  await person.page.goto(session.invite.link);
  await person.page.reload();
  await person.field('Your name').fill('Gustav');
  expect.soft(await tooSmall(person), 'who joins').toEqual([]);
  await person.button('Continue').click();
  await expect(person.heading('Check camera and microphone')).toBeVisible();
  expect.soft(await tooSmall(person), 'preview').toEqual([]);
});

test('a live session, and a long name that leaves room for the buttons', async ({ owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: LONG_NAME,
    expert: { isPhone: true },
  });
  await expect(expert.stageVideo).toBeVisible();
  expect.soft(await tooSmall(expert), 'live').toEqual([]);
  await expert.page.getByRole('button', { name: /^Participants/ }).click();
  const view = expert.page.getByRole('tabpanel', { name: 'People' });
  await expect(view.getByText(LONG_NAME)).toBeVisible();
  expect.soft(await tooSmall(expert), 'people').toEqual([]);
  const hidden = await view.evaluate((element) => element.scrollWidth - element.clientWidth);
  expect(hidden, 'nothing is cut off at the side').toBe(0);
  await expect(view.getByRole('button', { name: `Remove ${LONG_NAME}` })).toBeInViewport();
  await expect(guest.stage).toBeVisible();
});
