/**
 * Takes the pictures of the documentation: the real product in a real browser, with drawn scenes in front
 * of the cameras. Writes to docs/images. Run: node web/e2e/pictures/take.ts
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { chromium, expect } from '@playwright/test';

import { Api } from '../harness/api.ts';
import type { Camera } from '../harness/clip.ts';
import { GUEST, TITLE } from '../harness/data.ts';
import { enterSession, joinByLink } from '../harness/flows.ts';
import { CHROMIUM, DESKTOP, Person } from '../harness/person.ts';
import type { Size } from '../harness/picture.ts';
import { Server } from '../harness/server.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const run = promisify(execFile);

/** A camera that looks at a drawing. */
async function cameraAt(drawing: string, size: Size): Promise<Camera> {
  const still = join(tmpdir(), `helpsight-${drawing}.png`);
  const file = join(tmpdir(), `helpsight-${drawing}.mjpeg`);
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  const page = await browser.newPage({ viewport: size });
  await page.goto(new URL(drawing, import.meta.url).href);
  await page.screenshot({ path: still });
  await browser.close();
  await run('ffmpeg', [
    ...['-loglevel', 'error', '-y', '-loop', '1', '-t', '1', '-r', '30', '-i', still],
    ...['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '2', '-f', 'mjpeg', file],
  ]);
  return { file, size };
}

async function take(person: Person, name: string): Promise<void> {
  await person.page.screenshot({ path: join(IMAGES, `${name}.png`), caret: 'hide' });
}

async function liveSession(server: Server, owner: Api): Promise<void> {
  const session = await owner.createSession('expert', TITLE);
  const expert = await Person.enter(server, {
    signedIn: owner,
    camera: await cameraAt('expert.svg', { width: 640, height: 360 }),
    devicePixelRatio: 1.5,
  });
  await enterSession(expert, session.id);
  const guest = await Person.enter(server, {
    isPhone: true,
    devicePixelRatio: 2,
    camera: await cameraAt('pump-room.svg', { width: 1280, height: 720 }),
  });
  await guest.page.goto(session.invite.link);
  await expect(guest.field('Your name')).toBeVisible();
  await take(guest, 'join-phone');
  await joinByLink(guest, session.invite.link, { name: GUEST });
  await expect(expert.stageVideo).toBeVisible();
  await expect(guest.videoOf('Ines Carvalho')).toBeVisible();
  // The encoder starts low and raises the picture within seconds, as far as this machine can.
  await expect
    .poll(
      () => expert.stageVideo.evaluate((video) => (video instanceof HTMLVideoElement ? video.videoWidth : 0)),
      {
        timeout: 30_000,
      },
    )
    .toBeGreaterThanOrEqual(1280);
  await expert.takePointer();
  const area = await expert.stageArea();
  await expert.page.mouse.move(area.x + area.width * 0.47, area.y + area.height * 0.62);
  await expect(guest.page.getByRole('img', { name: /points/ })).toHaveCount(1);
  await take(expert, 'live-session');
  await take(guest, 'live-session-phone');
  await guest.leave();
  await expert.leave();
}

async function desk(server: Server, owner: Api): Promise<void> {
  await owner.createSession('expert', 'Gearbox noise, line 2');
  const person = await Person.enter(server, { signedIn: owner, viewport: DESKTOP, devicePixelRatio: 1.5 });
  await person.page.goto('/sessions');
  await expect(person.heading('Gearbox noise, line 2')).toBeVisible();
  await take(person, 'sessions');
  await person.leave();
}

await mkdir(IMAGES, { recursive: true });
const server = await Server.start();
try {
  const owner = new Api(server);
  await owner.setUp(server.setupUrl);
  await liveSession(server, owner);
  await desk(server, owner);
} finally {
  await server.dispose();
}
