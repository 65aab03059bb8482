/**
 * `serve --demo`: one person alone tries the expert's side. The other side is simulated: its clip
 * shows a machine with a lamp that blinks once a second, and beeps with it.
 */
import type { Locator } from '@playwright/test';

import { enterSession } from '../harness/flows.ts';
import { forgetSound, loudness } from '../harness/probe.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

const DEMO = 'Demo (simulated)';
/** Where the lamp is in the clip, as parts of its width and height. */
const LAMP = { x: 480 / 640, y: 176 / 360 };
const BEEP_HZ = 880;
const NO_BEEP_HZ = 1_500;
const HEARD_DB_MIN = -45;
const UNHEARD_BELOW_DB = 20;
/** What LiveKit's client writes to the console when its server goes away under it. */
const LOST_SERVER =
  /ERR_CONNECTION_REFUSED|WebSocket|WS closed|data channel|signal stream|leave request|status of 503|negotiation/i;

/** The session that the server invited to, the newest first. */
async function invitedTo(server: Server, count = 1): Promise<string> {
  const sessions = (): string[] =>
    [...server.log.matchAll(/demo participant waits.*\/sessions\/(\S+)/g)].map(([, id]) => id ?? '');
  await expect.poll(() => sessions().length).toBeGreaterThanOrEqual(count);
  return sessions().at(-1) ?? '';
}

/** How red the lamp is, from -255 to 255, in the frame that is shown. */
async function lamp(video: Locator): Promise<number> {
  return video.evaluate((element, at) => {
    if (!(element instanceof HTMLVideoElement)) throw new Error('not a video');
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('no 2d canvas');
    const { videoWidth: width, videoHeight: height } = element;
    context.drawImage(element, at.x * width - 4, at.y * height - 4, 8, 8, 0, 0, 1, 1);
    const [red = 0, green = 0] = context.getImageData(0, 0, 1, 1).data;
    return red - green;
  }, LAMP);
}

/** It goes on and off, twice. */
async function expectBlinking(video: Locator): Promise<void> {
  for (const isLit of [true, false, true, false]) {
    const seen = expect.poll(async () => lamp(video), { intervals: [50] });
    if (isLit) await seen.toBeGreaterThan(130);
    else await seen.toBeLessThan(90);
  }
}

test.describe('with the flag', () => {
  test.use({ flags: ['--demo'] });

  test('an expert alone sees the machine move, hears it, and sends it away', async ({
    server,
    owner,
    cast,
  }) => {
    expect(server.setupUrl, 'a fresh demo is set up like any other server').toContain('/setup#');
    const session = await invitedTo(server);
    const expert = await cast.enter({ signedIn: owner });
    await expert.page.goto('/sessions');
    await expect(expert.heading('Demo: pump 3 shows a fault')).toBeVisible();
    await enterSession(expert, session);
    await expect(expert.page.getByText(DEMO).first()).toBeVisible();
    await expectBlinking(expert.stageVideo);
    await expect.poll(async () => (await loudness(expert.page, [BEEP_HZ]))[0]).toBeGreaterThan(HEARD_DB_MIN);
    const [beep = 0, other = 0] = await loudness(expert.page, [BEEP_HZ, NO_BEEP_HZ]);
    expect(other - beep).toBeLessThan(-UNHEARD_BELOW_DB);

    // A reload needs a key frame at once.
    await expert.page.reload();
    await expectBlinking(expert.stageVideo);

    const { items } = await owner.get<{ items: { participant_id: string; data: { role?: string } }[] }>(
      `sessions/${session}/events`,
    );
    const machine = items.find(({ data }) => data.role === 'assisted')?.participant_id ?? '';
    await owner.delete(`sessions/${session}/participants/${machine}`);
    await expect(expert.stageVideo).toBeHidden();
    await expect.poll(() => server.log).toContain('the demo participant was sent away');
  });

  test('the machine takes its place again when the server starts again', async ({ server, owner, cast }) => {
    const session = await invitedTo(server);
    const expert = await cast.enter({ signedIn: owner });
    await enterSession(expert, session);
    await expectBlinking(expert.stageVideo);
    await server.stop();
    await server.resume();
    expect(await invitedTo(server, 2)).toBe(session);
    await expectBlinking(expert.stageVideo);
    await forgetSound(expert.page);
    await expect.poll(async () => (await loudness(expert.page, [BEEP_HZ]))[0]).toBeGreaterThan(HEARD_DB_MIN);
    expert.forgive(LOST_SERVER);
  });
});

test('without the flag nobody is simulated', async ({ server, owner }) => {
  expect(server.log).not.toMatch(/demo/i);
  const { items } = await owner.get<{ items: unknown[] }>('sessions');
  expect(items).toEqual([]);
});
