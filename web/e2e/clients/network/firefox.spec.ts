/**
 * The web app in Firefox and in Chromium, in one session, over `https` between two hosts.
 *
 * Chromium's picture counts its frames, and Firefox's changes its colour with each: what arrives is read
 * from decoded pixels, and from the spectrum of the received sound.
 */
import { OWNER } from '../../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND, tone } from '../../harness/clip.ts';
import { GUEST, TONE_HZ } from '../../harness/data.ts';
import { enterSession, joinByLink } from '../../harness/flows.ts';
import type { Person } from '../../harness/person.ts';
import { CELL, CELLS, type Size } from '../../harness/picture.ts';
import { loudness, watch } from '../../harness/probe.ts';
import { expect, test as base } from '../../harness/test.ts';
import { IS_LONG } from '../cast.ts';
import { FIREFOX_TONE_HZ, FirefoxPerson } from './firefox.ts';
import { SERVER_HOST } from './place.ts';

const WIDE: Size = { width: 640, height: 360 };
const PANEL = { cells: CELLS, cell: CELL, native: WIDE };
const HEARD_DB_MIN = -45;
/** Between two frames of Firefox's camera one of the probed places changes by more than noise does. */
const COLOURS_MIN = 5;

const test = base.extend<{
  firefox: (options?: Parameters<typeof FirefoxPerson.enter>[1]) => Promise<FirefoxPerson>;
}>({
  firefox: async ({ server }, use) => {
    const people: FirefoxPerson[] = [];
    try {
      await use(async (options) => {
        const person = await FirefoxPerson.enter(server, options);
        people.push(person);
        return person;
      });
    } finally {
      for (const person of people) await person.leave();
    }
    for (const person of people) expect(person.complaints, 'what the page complained about').toEqual([]);
  },
});
test.use({ place: SERVER_HOST });

/** Chromium's frames arrive in Firefox, each with a number of its own. */
async function expectPictureInFirefox(firefox: FirefoxPerson, from: string): Promise<void> {
  const video = firefox.videoOf(from);
  await video.watch(PANEL);
  const before = (await video.frames()).length;
  await expect.poll(async () => (await video.frames()).length - before).toBeGreaterThan(FRAMES_PER_SECOND);
  const latest = (await video.frames()).slice(-FRAMES_PER_SECOND);
  expect(new Set(latest.map(({ counter }) => counter)).size).toBeGreaterThan(FRAMES_PER_SECOND / 2);
}

/** Firefox's frames arrive in Chromium, and are not the same one again and again. */
async function expectPictureInChromium(person: Person, from: string): Promise<void> {
  const video = person.videoOf(from);
  await expect(video).toBeVisible();
  await watch(video, WIDE);
  const shown = (): Promise<number[]> =>
    video.evaluate((element) => window.probe.shown(element).map(({ cells }) => Math.round(cells[0] ?? 0)));
  const before = (await shown()).length;
  await expect.poll(async () => (await shown()).length - before).toBeGreaterThan(FRAMES_PER_SECOND);
  await expect.poll(async () => new Set(await shown()).size).toBeGreaterThan(COLOURS_MIN);
}

test('an expert in Chromium and a guest in Firefox see, hear and point for each other', async ({
  owner,
  cast,
  firefox,
}) => {
  const session = await owner.createSession('expert');
  const expert = await cast.enter({
    signedIn: owner,
    camera: await cameraClip(WIDE),
    microphone: await tone(TONE_HZ.expert),
  });
  await enterSession(expert, session.id);

  const guest = await firefox();
  await guest.page.goto(session.invite.link);
  await guest.click('radio', 'I need help');
  await guest.fill('Your name', GUEST);
  await guest.click('button', 'Continue');
  await guest.see('heading', 'Check camera and microphone');
  await guest.click('button', 'Join');

  await expectPictureInFirefox(guest, OWNER.name);
  await expectPictureInChromium(expert, GUEST);
  await expect.poll(() => guest.loudness(TONE_HZ.expert)).toBeGreaterThan(HEARD_DB_MIN);
  await expect
    .poll(async () => (await loudness(expert.page, [FIREFOX_TONE_HZ]))[0])
    .toBeGreaterThan(HEARD_DB_MIN);

  // Data: the pointer on the guest's picture.
  await expert.takePointer();
  const area = await expert.stageArea();
  await expert.page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await guest.seeLabelled(`${OWNER.name} points here`);

  await guest.page.reload();
  await expectPictureInFirefox(guest, OWNER.name);
  await expectPictureInChromium(expert, GUEST);
});

if (IS_LONG) {
  test('an expert in Firefox and a guest in Chromium see and hear each other', async ({
    owner,
    cast,
    firefox,
  }) => {
    const session = await owner.createSession('expert');
    const expert = await firefox({ signedIn: owner });
    await expert.page.goto(new URL(`/sessions/${session.id}`, session.invite.link).href);
    await expert.see('heading', 'Check camera and microphone');
    await expert.click('button', 'Join');
    await expert.see('region', 'Stage');

    const guest = await cast.enter({ camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.guest) });
    await joinByLink(guest, session.invite.link, { name: GUEST });

    await expectPictureInFirefox(expert, GUEST);
    await expectPictureInChromium(guest, OWNER.name);
    await expect.poll(() => expert.loudness(TONE_HZ.guest)).toBeGreaterThan(HEARD_DB_MIN);
    await expect
      .poll(async () => (await loudness(guest.page, [FIREFOX_TONE_HZ]))[0])
      .toBeGreaterThan(HEARD_DB_MIN);
  });
}
