/**
 * Two and three people in a session: they see and hear each other, and it stays so.
 *
 * Cameras are clips that count their frames, microphones are tones. What arrives is read from decoded
 * pixels and from the spectrum of the received track.
 */
import { OWNER } from '../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND, tone } from '../harness/clip.ts';
import { GUEST, OTHER_GUEST, TONE_HZ } from '../harness/data.ts';
import { enterSession, expertAndGuest, joinByLink } from '../harness/flows.ts';
import type { Locator } from '@playwright/test';
import type { Person } from '../harness/person.ts';
import type { Size } from '../harness/picture.ts';
import { delaysMs, forgetSound, framesOf, listenFor, loudness, median, watch } from '../harness/probe.ts';
import { expect, test } from '../harness/test.ts';

const WIDE: Size = { width: 640, height: 360 };
const HD: Size = { width: 1280, height: 720 };
const BEHIND_MS_MAX = 500;
const HEARD_DB_MIN = -45;
const UNHEARD_BELOW_DB = 25;
const LONGER_THAN_A_BEEPS_PAUSE_MS = 1_200;
/** What LiveKit's client writes to the console when its server goes away under it. */
const LOST_SERVER =
  /ERR_CONNECTION_REFUSED|WebSocket|WS closed|data channel|signal stream|leave request|status of 503|negotiation/i;

/** Frames arrive, show different counters, and are fresh against the same frames at their source. */
async function expectLive(source: Locator, there: Locator, size: Size): Promise<void> {
  await watch(source, size);
  await watch(there, size);
  const start = (await framesOf(there)).length;
  await expect.poll(async () => (await framesOf(there)).length - start).toBeGreaterThan(FRAMES_PER_SECOND);
  await expect
    .poll(async () => {
      const frames = (await framesOf(there)).slice(-FRAMES_PER_SECOND);
      return median(delaysMs(await framesOf(source), frames));
    })
    .toBeLessThan(BEHIND_MS_MAX);
  const latest = (await framesOf(there)).slice(-FRAMES_PER_SECOND);
  expect(new Set(latest.map(({ counter }) => counter)).size).toBeGreaterThan(FRAMES_PER_SECOND / 2);
}

/** Hears these tones, and not the own one, which is nowhere near as loud as the softest of them. */
async function expectHears(person: Person, heardHz: readonly number[], unheardHz: number): Promise<void> {
  await forgetSound(person.page);
  const softest = async (): Promise<number> => Math.min(...(await loudness(person.page, heardHz)));
  await expect.poll(softest).toBeGreaterThan(HEARD_DB_MIN);
  const [unheard = 0] = await loudness(person.page, [unheardHz]);
  expect(unheard - (await softest())).toBeLessThan(-UNHEARD_BELOW_DB);
}

test('expert and guest see and hear each other within half a second', async ({ owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    expert: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.expert) },
    guest: { camera: await cameraClip(HD), microphone: await tone(TONE_HZ.guest), isPhone: true },
  });
  // The title of the screen before is not said any more.
  await expect(expert.page.locator('#svelte-announcer')).toHaveText('');
  // On the stage of both: what the guest's camera sees.
  await expectLive(guest.ownVideo, expert.stageVideo, HD);
  await expectLive(expert.ownVideo, guest.videoOf(OWNER.name), WIDE);
  await expectHears(expert, [TONE_HZ.guest], TONE_HZ.expert);
  await expectHears(guest, [TONE_HZ.expert], TONE_HZ.guest);
});

test('a muted microphone is silent and a stopped camera is gone, until they are back', async ({
  owner,
  cast,
}) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    expert: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.expert) },
    guest: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.guest) },
  });
  await expectHears(expert, [TONE_HZ.guest], TONE_HZ.expert);
  await guest.button('Mute').click();
  await expect
    .poll(async () => {
      await forgetSound(expert.page);
      await listenFor(expert.page, LONGER_THAN_A_BEEPS_PAUSE_MS);
      return (await loudness(expert.page, [TONE_HZ.guest]))[0];
    })
    .toBeLessThan(HEARD_DB_MIN - UNHEARD_BELOW_DB);
  await guest.button('Unmute').click();
  await expectHears(expert, [TONE_HZ.guest], TONE_HZ.expert);

  await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
  await guest.button('Stop camera').click();
  await expect(expert.stageVideo).toBeHidden();
  await guest.button('Start camera').click();
  await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
});

test('a reload of either side brings both pictures back', async ({ owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    expert: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.expert) },
    guest: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.guest) },
  });
  await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
  for (const person of [guest, expert]) {
    await person.page.reload();
    await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
    await expectLive(expert.ownVideo, guest.videoOf(OWNER.name), WIDE);
  }
});

test('three participants see and hear all others', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const expert = await cast.enter({
    signedIn: owner,
    camera: await cameraClip(WIDE),
    microphone: await tone(TONE_HZ.expert),
  });
  await enterSession(expert, session.id);
  const guest = await cast.enter({ camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.guest) });
  await joinByLink(guest, session.invite.link, { name: GUEST });
  const other = await cast.enter({ camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.other) });
  await joinByLink(other, session.invite.link, { name: OTHER_GUEST, role: 'I am helping' });

  await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
  await expectLive(guest.ownVideo, other.stageVideo, WIDE);
  await expectLive(expert.ownVideo, other.videoOf(OWNER.name), WIDE);
  await expectLive(expert.ownVideo, guest.videoOf(OWNER.name), WIDE);
  await expectLive(other.ownVideo, expert.videoOf(OTHER_GUEST), WIDE);
  await expectLive(other.ownVideo, guest.videoOf(OTHER_GUEST), WIDE);
  await expectHears(expert, [TONE_HZ.guest, TONE_HZ.other], TONE_HZ.expert);
  await expectHears(guest, [TONE_HZ.expert, TONE_HZ.other], TONE_HZ.guest);
  await expectHears(other, [TONE_HZ.expert, TONE_HZ.guest], TONE_HZ.other);
});

test('somebody whose camera is denied still joins with sound', async ({ owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    expert: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.expert) },
    guest: { allow: ['microphone'], microphone: await tone(TONE_HZ.guest) },
  });
  await expectHears(expert, [TONE_HZ.guest], TONE_HZ.expert);
  await expectLive(expert.ownVideo, guest.videoOf(OWNER.name), WIDE);
});

for (const [how, stop] of [
  ['restarts', 'stop'],
  ['is killed and started again', 'kill'],
] as const) {
  test(`everybody is back without a click when the server ${how}`, async ({ server, owner, cast }) => {
    const { expert, guest } = await expertAndGuest(cast, owner, {
      guestName: GUEST,
      expert: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.expert) },
      guest: { camera: await cameraClip(WIDE), microphone: await tone(TONE_HZ.guest) },
    });
    await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
    await server[stop]();
    await server.resume();
    await expectLive(guest.ownVideo, expert.stageVideo, WIDE);
    await expectLive(expert.ownVideo, guest.videoOf(OWNER.name), WIDE);
    await expectHears(expert, [TONE_HZ.guest], TONE_HZ.expert);
    for (const person of [expert, guest]) person.forgive(LOST_SERVER);
  });
}

test('leaving, removal and the end reach the others', async ({ owner, cast }) => {
  const { expert, guest, sessionId } = await expertAndGuest(cast, owner, { guestName: GUEST });
  await expect(expert.stageVideo).toBeVisible();
  await guest.button('Leave').click();
  await expect(guest.stage).toBeHidden();
  await expect(expert.videoOf(GUEST)).toBeHidden();

  const { items } = await owner.get<{ items: { kind: string; data: { reason?: string } }[] }>(
    `sessions/${sessionId}/events`,
  );
  expect(items.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['session_created', 'participant_joined']),
  );

  await owner.post(`sessions/${sessionId}/end`);
  await expect(expert.page.getByText(/ended/i).first()).toBeVisible();
});
