/**
 * What is between a client and the server breaks: media goes on as far as it can, and everybody stays
 * who they are.
 */
import { expect, IS_LONG, test as base, type Client } from './cast.ts';
import type { ForeignParticipant, Told } from './participant.ts';
import { expectMoreFrames, lastFrameMs, longestGapMs, type Way } from './pictures.ts';
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

/** What Chromium logs of a connection that breaks. */
const BROKEN = /signal stream.* WS closed/s;

test.use({ settings: { MEDIA__PUBLIC_ADDRESS: UdpRelay.ADDRESS } });

interface Seat {
  readonly client: Client;
  readonly isDual?: boolean;
}

function nameOf({ client, isDual }: Seat): string {
  return `a ${client} client${isDual ? ' with two connections' : ''}`;
}

const RESUMING: readonly Seat[] = [
  { client: 'python' },
  { client: 'node' },
  { client: 'go' },
  ...(IS_LONG
    ? ([
        { client: 'python', isDual: true },
        { client: 'browser' },
        { client: 'browser', isDual: true },
      ] as const)
    : []),
];
for (const seat of RESUMING) {
  test(`${nameOf(seat)} whose signalling breaks resumes: no picture stops, and it is the same participant`, async ({
    owner,
    foreign,
    signalling,
    media,
  }) => {
    const { invite } = await owner.createSession('expert');
    const url = `ws://127.0.0.1:${signalling.port}`;
    const { client, ...rest } = seat;
    const broken = await foreign(client, invite, { name: 'Broken', url, forgives: BROKEN, ...rest });
    const other = await foreign('python', invite, { name: 'Other' });
    await expectMoreFrames({ from: broken, to: other });
    await expectMoreFrames({ from: other, to: broken });

    const before = media.answered.size;
    const cutMs = Date.now();
    signalling.cut();
    await expect.poll(() => broken.of('reconnected').length).toBe(1);
    // The client restarts ICE when it resumes, and would lose its media later if that came to nothing.
    await expect.poll(() => media.answered.size).toBeGreaterThan(before);
    await expectMoreFrames({ from: broken, to: other });
    await expectMoreFrames({ from: other, to: broken });
    expect(longestGapMs({ from: broken, to: other }, cutMs)).toBeLessThan(GAP_MS_MAX);
    expect(longestGapMs({ from: other, to: broken }, cutMs)).toBeLessThan(GAP_MS_MAX);
    expect(broken.last('reconnected')?.sid).toBe(broken.last('connected')?.sid);
    expect(other.of('left')).toEqual([]);
    expect([...other.of('unsubscribed'), ...broken.of('unsubscribed')]).toEqual([]);
    await expectSignallingAndData(broken, other);
  });
}

/** Who is cut off, two at a time. */
const CUT_OFF: readonly (readonly [Client, Client])[] = [
  ['python', 'node'],
  ['browser', 'go'],
];
for (const [first, second] of CUT_OFF) {
  test(`a ${first} and a ${second} client whose media breaks for some seconds come back as the same participants, and what was sent meanwhile arrives once`, async ({
    owner,
    foreign,
    media,
  }) => {
    const { invite } = await owner.createSession('expert');
    const one = await foreign(first, invite, { name: 'One' });
    const two = await foreign(second, invite, { name: 'Two' });
    const ways: readonly Way[] = [
      { from: one, to: two },
      { from: two, to: one },
    ];
    for (const way of ways) await expectMoreFrames(way);

    media.isCut = true;
    for (const way of ways) {
      await expect.poll(() => Date.now() - lastFrameMs(way)).toBeGreaterThan(STANDSTILL_MS);
    }
    for (const { from } of ways) {
      await from.order({ order: 'data', topic: 'meanwhile', text: from.identity, reliable: true });
    }
    media.isCut = false;
    for (const way of ways) {
      await expectMoreFrames(way);
      // It keeps the order: what was sent before has arrived, as often as it ever will.
      await way.from.order({ order: 'data', topic: 'after', text: 'still here', reliable: true });
      const heard = (topic: string): Told[] => way.to.of('data').filter((one) => one.topic === topic);
      await expect.poll(() => heard('after').length).toBe(1);
      expect(heard('meanwhile')).toMatchObject([{ from: way.from.identity, text: way.from.identity }]);
    }
    for (const participant of [one, two]) {
      expect([...participant.of('disconnected'), ...participant.of('left')]).toEqual([]);
    }
  });
}

if (IS_LONG) {
  test('clients whose media breaks until they give up resume when it is back', async ({
    owner,
    foreign,
    media,
  }) => {
    const { invite } = await owner.createSession('expert');
    const one = await foreign('python', invite, { name: 'One' });
    const two = await foreign('node', invite, { name: 'Two' });
    await expectMoreFrames({ from: two, to: one });
    await expectMoreFrames({ from: one, to: two });

    media.isCut = true;
    await expect.poll(() => one.of('reconnecting').length).toBeGreaterThan(0);
    await expect.poll(() => two.of('reconnecting').length).toBeGreaterThan(0);
    media.isCut = false;
    const mendedMs = Date.now();
    await expectMoreFrames({ from: two, to: one });
    await expectMoreFrames({ from: one, to: two });
    expect(Date.now() - mendedMs).toBeLessThan(RESUMED_MS_MAX);
    for (const participant of [one, two]) {
      expect([...participant.of('disconnected'), ...participant.of('left')]).toEqual([]);
    }
  });
}
