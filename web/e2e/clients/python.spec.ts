/** An official client that is not ours: the Python package `livekit`, beside a browser, both ways. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Api } from '../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND, tone } from '../harness/clip.ts';
import { OTHER_GUEST, TONE_HZ } from '../harness/data.ts';
import { enterSession } from '../harness/flows.ts';
import { delaysMs, framesOf, loudness, median, watch, type Frame } from '../harness/probe.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

const PYTHON = fileURLToPath(new URL('./python/.venv/bin/python', import.meta.url));
const SCRIPT = fileURLToPath(new URL('./python/participant.py', import.meta.url));
const PYTHON_TONE_HZ = 880;
const BEHIND_MS_MAX = 500;
const WIDE = { width: 640, height: 360 };

interface Told {
  readonly event: string;
  readonly from?: string;
  readonly at_ms?: number;
  readonly counter?: number;
  readonly frequency_hz?: number;
  readonly level_db?: number;
  readonly topic?: string;
  readonly text?: string;
}

/** The Python participant's process and what it has told so far. */
class PythonParticipant {
  readonly told: Told[] = [];
  complaints = '';
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(server: Server, token: string, toneHz = PYTHON_TONE_HZ) {
    const url = server.url.replace(/^http/, 'ws');
    this.#process = spawn(PYTHON, [SCRIPT, '--url', url, '--token', token, '--tone-hz', String(toneHz)]);
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.told.push(JSON.parse(line)));
    this.#process.stderr.on('data', (chunk: Buffer) => (this.complaints += chunk.toString()));
  }

  of(event: string): Told[] {
    return this.told.filter((one) => one.event === event);
  }

  frames(event: 'sent' | 'video'): Frame[] {
    return this.of(event).flatMap(({ at_ms, counter }) =>
      at_ms === undefined || counter === undefined ? [] : [{ atMs: at_ms, counter }],
    );
  }

  send(topic: string, text: string, reliable: boolean): void {
    this.#process.stdin.write(`${JSON.stringify({ topic, text, reliable })}\n`);
  }

  async leave(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    const [code] = await exit;
    expect(code, this.complaints).toBe(0);
  }
}

/** A guest of the session as far as the API is concerned, whose media is Python's. */
async function pythonGuest(
  server: Server,
  invite: { code: string },
  name: string,
): Promise<PythonParticipant> {
  const guest = new Api(server);
  const { session_id } = await guest.joinByCode(invite.code, name, 'assisted');
  return new PythonParticipant(server, (await guest.rtcToken(session_id)).token);
}

test('a Python participant and a browser see, hear and reach each other', async ({ server, owner, cast }) => {
  const session = await owner.createSession('expert');
  const expert = await cast.enter({
    signedIn: owner,
    camera: await cameraClip(WIDE),
    microphone: await tone(TONE_HZ.expert),
  });
  await enterSession(expert, session.id);
  const python = await pythonGuest(server, session.invite, OTHER_GUEST);
  await expect.poll(() => python.of('connected').length, { message: python.complaints }).toBe(1);

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
  python.send(
    'pointer',
    JSON.stringify({ v: 1, track: pointer.track, x: 0.25, y: 0.75, at: Date.now() }),
    false,
  );
  await expect(expert.page.getByRole('img', { name: `${OTHER_GUEST} points here` })).toHaveCount(1);

  await python.leave();
  await expect(expert.videoOf(OTHER_GUEST)).toBeHidden();
});

test('two Python participants exchange lossy and reliable data with the sender stamped by us', async ({
  server,
  owner,
}) => {
  const session = await owner.createSession('expert');
  const one = await pythonGuest(server, session.invite, 'Guest one');
  const two = await pythonGuest(server, session.invite, 'Guest two');
  for (const python of [one, two]) {
    await expect.poll(() => python.of('connected').length, { message: python.complaints }).toBe(1);
    await expect.poll(() => python.frames('video').length).toBeGreaterThan(0);
  }
  const sender = two.of('video')[0]?.from;
  expect(sender).toMatch(/^par_/);
  one.send('notes', 'for sure', true);
  await expect
    .poll(() => two.of('data').map(({ text, from }) => [text, from]))
    .toContainEqual(['for sure', sender]);
  await expect
    .poll(() => {
      one.send('pointer', 'perhaps', false);
      return two.of('data').map(({ text }) => text);
    })
    .toContain('perhaps');
  await one.leave();
  await two.leave();
});
