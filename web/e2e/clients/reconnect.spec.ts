/**
 * What is between a client and the server breaks: media goes on as far as it can, and everybody stays
 * who they are.
 */
import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import { expect, test as base } from './cast.ts';
import type { ForeignParticipant } from './participant.ts';
import { UdpRelay } from './relay.ts';

const test = base.extend<{ media: UdpRelay }>({
  media: async ({ server }, use) => {
    const relay = await UdpRelay.to(server.mediaPort);
    await use(relay);
    relay.close();
  },
});

/** Longer than clients wait before they call a connection disconnected, shorter than failed. */
const STANDSTILL_MS = 4_000;

function lastFrameMs(to: ForeignParticipant, from: ForeignParticipant): number {
  return to.frames('video', from.identity).at(-1)?.atMs ?? 0;
}

async function expectMoreFrames(to: ForeignParticipant, from: ForeignParticipant): Promise<void> {
  const before = to.frames('video', from.identity).length;
  await expect
    .poll(() => to.frames('video', from.identity).length - before)
    .toBeGreaterThan(FRAMES_PER_SECOND);
}

test.use({ settings: { MEDIA__PUBLIC_ADDRESS: UdpRelay.ADDRESS } });

test('clients whose media breaks for some seconds come back as the same participants', async ({
  owner,
  foreign,
  media,
}) => {
  const { invite } = await owner.createSession('expert');
  const one = await foreign('python', invite, { name: 'One' });
  const two = await foreign('node', invite, { name: 'Two' });
  await expectMoreFrames(one, two);
  await expectMoreFrames(two, one);

  media.isCut = true;
  await expect.poll(() => Date.now() - lastFrameMs(one, two)).toBeGreaterThan(STANDSTILL_MS);
  await expect.poll(() => Date.now() - lastFrameMs(two, one)).toBeGreaterThan(STANDSTILL_MS);
  media.isCut = false;
  await expectMoreFrames(one, two);
  await expectMoreFrames(two, one);
  for (const participant of [one, two]) {
    expect([...participant.of('disconnected'), ...participant.of('left')]).toEqual([]);
  }
});
