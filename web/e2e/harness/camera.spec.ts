/** The harness against a real browser without the product: what it reports can be trusted. */
import { expect, test } from '@playwright/test';

import { cameraClip, FRAMES_PER_SECOND, tone } from './clip.ts';
import { Person } from './person.ts';
import { CROSSES } from './picture.ts';
import { distance } from './pixels.ts';
import { delaysMs, framesOf, loudness, watch, type Frame } from './probe.ts';

const URL_OF_NOBODY = 'http://127.0.0.1:9';

/** A page that shows its own camera twice: directly, and through a pair of peer connections. */
const LOOPBACK = `<!doctype html><link rel="icon" href="data:,"><style>body{margin:0}video{width:640px;height:360px;display:block}</style>
<video id="near" autoplay muted playsinline></video><video id="far" autoplay muted playsinline></video>
<script type="module">
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  near.srcObject = stream;
  const here = new RTCPeerConnection(), there = new RTCPeerConnection();
  here.onicecandidate = (e) => there.addIceCandidate(e.candidate);
  there.onicecandidate = (e) => here.addIceCandidate(e.candidate);
  there.ontrack = (e) => { far.srcObject = e.streams[0]; };
  for (const track of stream.getTracks()) here.addTrack(track, stream);
  await here.setLocalDescription(await here.createOffer());
  await there.setRemoteDescription(here.localDescription);
  await there.setLocalDescription(await there.createAnswer());
  await here.setRemoteDescription(there.localDescription);
</script>`;

test('counter, delay, crosses and tone of a looped-back camera are told', async () => {
  const size = { width: 640, height: 360 };
  const person = await Person.enter(
    { url: URL_OF_NOBODY },
    { camera: await cameraClip(size), microphone: await tone(660) },
  );
  await person.page.route(`${URL_OF_NOBODY}/`, (route) =>
    route.fulfill({ contentType: 'text/html', body: LOOPBACK }),
  );
  await person.page.goto('/');
  const near = person.page.locator('#near');
  const far = person.page.locator('#far');
  await watch(near, size);
  await watch(far, size);

  await expect.poll(async () => (await framesOf(far)).length).toBeGreaterThan(FRAMES_PER_SECOND * 2);
  const frames = await framesOf(far);
  expect(new Set(frames.map((frame) => frame.counter)).size).toBeGreaterThan(FRAMES_PER_SECOND);
  const delays = delaysMs(await framesOf(near), frames);
  expect(delays.length).toBeGreaterThan(FRAMES_PER_SECOND);
  for (const delay of delays) expect(Math.abs(delay)).toBeLessThan(500);

  await expect.poll(async () => (await loudness(person.page, [660]))[0]).toBeGreaterThan(-40);
  const [own = 0, other = 0] = await loudness(person.page, [660, 1_000]);
  expect(own - other).toBeGreaterThan(20);

  const screenshot = await person.screenshot();
  for (const { name, at } of CROSSES) {
    const found = screenshot.cross(name, { x: 0, y: 360, ...size });
    expect(found, name).not.toBeNull();
    const expected = { x: at.x * size.width, y: 360 + at.y * size.height };
    expect(distance(found ?? { x: 0, y: 0 }, expected)).toBeLessThan(0.005 * size.width);
  }
  expect(person.complaints).toEqual([]);
  await person.leave();
});

test('a delay is told across the end of the clip', () => {
  const source: Frame[] = [{ atMs: 10_000, counter: 2 }];
  expect(delaysMs(source, [{ atMs: 10_000, counter: 296 }])[0]).toBeCloseTo(200);
  expect(delaysMs(source, [{ atMs: 10_100, counter: 2 }])[0]).toBeCloseTo(100);
  expect(delaysMs(source, [{ atMs: 12_000, counter: 2 }])).toEqual([]);
});
