/**
 * What is between a client and the server breaks: media goes on as far as it can, and everybody stays
 * who they are.
 */
import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import { expect, IS_LONG, test as base, type Client } from './cast.ts';
import type { ForeignParticipant } from './participant.ts';
import { TcpRelay, UdpRelay } from './relay.ts';

const test = base.extend<{ signalling: TcpRelay; media: UdpRelay }>({
  signalling: async ({ server }, use) => {
    const relay = await TcpRelay.to(server.httpPort);
    await use(relay);
    relay.close();
  },
  media: async ({ server }, use) => {
    const relay = await UdpRelay.to(server.mediaPort);
    await use(relay);
    relay.close();
  },
});

/** Between two frames, when nothing is wrong with the media. */
const GAP_MS_MAX = 1_000;
/** Longer than clients wait before they call a connection disconnected, shorter than failed. */
const STANDSTILL_MS = 4_000;
/** From the mended network to moving pictures: the client's next try, its checks, a key frame. */
const RESUMED_MS_MAX = 8_000;

/** When frames from somebody arrived. */
function frameTimesMs(to: ForeignParticipant, from: ForeignParticipant): number[] {
  return to.of('video').flatMap((one) => (one.from === from.identity ? (one.at_ms ?? []) : []));
}

/** The longest time without a frame from somebody, since a moment. */
function longestGapMs(to: ForeignParticipant, from: ForeignParticipant, sinceMs: number): number {
  const times = frameTimesMs(to, from).filter((atMs) => atMs >= sinceMs);
  const starts = [sinceMs, ...times];
  return Math.max(...times.map((atMs, index) => atMs - (starts[index] ?? atMs)));
}

function lastFrameMs(to: ForeignParticipant, from: ForeignParticipant): number {
  return frameTimesMs(to, from).at(-1) ?? 0;
}

async function expectMoreFrames(to: ForeignParticipant, from: ForeignParticipant): Promise<void> {
  const before = frameTimesMs(to, from).length;
  await expect.poll(() => frameTimesMs(to, from).length - before).toBeGreaterThan(FRAMES_PER_SECOND);
}

/** What is done to somebody arrives at the others, and what they send. */
async function expectSignallingAndData(one: ForeignParticipant, two: ForeignParticipant): Promise<void> {
  await one.order({ order: 'mute', kind: 'video' });
  await expect.poll(() => two.last('muted')).toMatchObject({ from: one.identity, kind: 'video' });
  for (const [from, to] of [
    [one, two],
    [two, one],
  ] as const) {
    await from.order({ order: 'data', topic: 'after', text: 'still here', reliable: true });
    await expect.poll(() => to.last('data')).toMatchObject({ from: from.identity, text: 'still here' });
  }
}

test.use({ settings: { MEDIA__PUBLIC_ADDRESS: UdpRelay.ADDRESS } });

const RESUMING: readonly { client: Client; isDual: boolean }[] = [
  { client: 'python', isDual: false },
  ...(IS_LONG
    ? ([
        { client: 'python', isDual: true },
        { client: 'go', isDual: false },
      ] as const)
    : []),
];
for (const { client, isDual } of RESUMING) {
  test(`a ${client} client${isDual ? ' with two connections' : ''} whose signalling breaks resumes: no picture stops, and it is the same participant`, async ({
    owner,
    foreign,
    signalling,
    media,
  }) => {
    const { invite } = await owner.createSession('expert');
    const url = `ws://127.0.0.1:${signalling.port}`;
    const broken = await foreign(client, invite, { name: 'Broken', url, isDual });
    const other = await foreign('node', invite, { name: 'Other' });
    await expectMoreFrames(other, broken);
    await expectMoreFrames(broken, other);

    const before = media.answered.size;
    const cutMs = Date.now();
    signalling.cut();
    await expect.poll(() => broken.of('reconnected').length).toBe(1);
    // The client restarts ICE when it resumes, and would lose its media later if that came to nothing.
    await expect.poll(() => media.answered.size).toBeGreaterThan(before);
    await expectMoreFrames(other, broken);
    await expectMoreFrames(broken, other);
    expect(longestGapMs(other, broken, cutMs)).toBeLessThan(GAP_MS_MAX);
    expect(longestGapMs(broken, other, cutMs)).toBeLessThan(GAP_MS_MAX);
    expect(broken.last('reconnected')?.sid).toBe(broken.last('connected')?.sid);
    expect(other.of('left')).toEqual([]);
    expect([...other.of('unsubscribed'), ...broken.of('unsubscribed')]).toEqual([]);
    await expectSignallingAndData(broken, other);
  });
}

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

if (IS_LONG) {
  test('clients whose media breaks until they give up resume when it is back', async ({
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
    await expect.poll(() => one.of('reconnecting').length).toBeGreaterThan(0);
    await expect.poll(() => two.of('reconnecting').length).toBeGreaterThan(0);
    media.isCut = false;
    const mendedMs = Date.now();
    await expectMoreFrames(one, two);
    await expectMoreFrames(two, one);
    expect(Date.now() - mendedMs).toBeLessThan(RESUMED_MS_MAX);
    for (const participant of [one, two]) {
      expect([...participant.of('disconnected'), ...participant.of('left')]).toEqual([]);
    }
  });
}
