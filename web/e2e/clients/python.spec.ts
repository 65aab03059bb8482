/** An official client that is not ours: the Python package `livekit`, beside a browser, both ways. */
import { cameraClip, FRAMES_PER_SECOND, tone } from '../harness/clip.ts';
import { OTHER_GUEST, TONE_HZ } from '../harness/data.ts';
import { enterSession } from '../harness/flows.ts';
import { delaysMs, framesOf, loudness, median, watch } from '../harness/probe.ts';
import { expect, test } from './cast.ts';

const PYTHON_TONE_HZ = 880;
const BEHIND_MS_MAX = 500;
const WIDE = { width: 640, height: 360 };

test('a Python participant and a browser see, hear and reach each other', async ({
  owner,
  cast,
  foreign,
}) => {
  const session = await owner.createSession('expert');
  const expert = await cast.enter({
    signedIn: owner,
    camera: await cameraClip(WIDE),
    microphone: await tone(TONE_HZ.expert),
  });
  await enterSession(expert, session.id);
  const python = await foreign('python', session.invite, { name: OTHER_GUEST, toneHz: PYTHON_TONE_HZ });

  // Python's picture in the browser, fresh.
  await expect(expert.videoOf(OTHER_GUEST)).toBeVisible();
  await watch(expert.videoOf(OTHER_GUEST), WIDE);
  await expect
    .poll(async () => (await framesOf(expert.videoOf(OTHER_GUEST))).length)
    .toBeGreaterThan(FRAMES_PER_SECOND);
  const shown = (await framesOf(expert.videoOf(OTHER_GUEST))).slice(-FRAMES_PER_SECOND);
  const delays = delaysMs(python.frames('sent'), shown);
  expect(delays.length).toBeGreaterThan(0);
  expect(median(delays)).toBeLessThan(BEHIND_MS_MAX);
  await expect.poll(async () => (await loudness(expert.page, [PYTHON_TONE_HZ]))[0]).toBeGreaterThan(-45);

  // The browser's picture and sound in Python, fresh.
  await watch(expert.ownVideo, WIDE);
  await expect.poll(() => python.frames('video').length).toBeGreaterThan(FRAMES_PER_SECOND * 2);
  await expect.poll(async () => (await framesOf(expert.ownVideo)).length).toBeGreaterThan(FRAMES_PER_SECOND);
  const received = python.frames('video').slice(-FRAMES_PER_SECOND);
  expect(new Set(received.map(({ counter }) => counter)).size).toBeGreaterThan(FRAMES_PER_SECOND / 2);
  const pythonsDelays = delaysMs(await framesOf(expert.ownVideo), received);
  expect(pythonsDelays.length).toBeGreaterThan(0);
  expect(median(pythonsDelays)).toBeLessThan(BEHIND_MS_MAX);
  await expect
    .poll(() =>
      python
        .of('audio')
        .some(
          ({ frequency_hz = 0, level_db = -200 }) =>
            Math.abs(frequency_hz - TONE_HZ.expert) < 12 && level_db > -45,
        ),
    )
    .toBe(true);

  // Data both ways: Python points at the expert's picture, and the expert at Python's.
  await expert.takePointer();
  const area = await expert.stageArea();
  await expert.page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await expect.poll(() => python.of('data').length).toBeGreaterThan(0);
  const pointer = JSON.parse(python.of('data')[0]?.text ?? '{}');
  expect(pointer).toMatchObject({ v: 1 });
  expect(python.of('data')[0]?.topic).toBe('pointer');
  expect(Math.abs(pointer.x - 0.5)).toBeLessThan(0.1);
  await python.order({
    order: 'data',
    topic: 'pointer',
    text: JSON.stringify({ v: 1, track: pointer.track, x: 0.25, y: 0.75, at: Date.now() }),
    reliable: false,
  });
  await expect(expert.page.getByRole('img', { name: `${OTHER_GUEST} points here` })).toHaveCount(1);

  await python.leave();
  await expect(expert.videoOf(OTHER_GUEST)).toBeHidden();
});
