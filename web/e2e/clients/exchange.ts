/** All that one participant can do for another to see, hear and read. */
import { expect } from '@playwright/test';

import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import { expectMoreFrames } from './pictures.ts';
import { sha256OfBytes, type ForeignParticipant, type Told } from './participant.ts';

const HEARD_DB_MIN = -45;
/** More than one packet of a stream. */
const LETTER = 'Die Pumpe läuft wieder. '.repeat(2_000);
const PARCEL_BYTES = 100_000;

/** From one to the other. */
export interface Two {
  readonly from: ForeignParticipant;
  readonly to: ForeignParticipant;
  readonly fromHz: number;
  /** Whether `to` makes pictures and sound of what it receives, or only reads key frames. */
  readonly decodes: boolean;
  /** Whether the picture has a counter in it, as nearly all have. */
  readonly isCounted?: boolean;
}

async function expectSeenAndHeard({ from, to, fromHz, decodes, isCounted = true }: Two): Promise<void> {
  if (!decodes) return expectReceived(from, to);
  if (isCounted) {
    const seen = (): number[] => to.frames('video', from.identity).map(({ counter }) => counter);
    await expect.poll(() => seen().length, { message: to.complaints }).toBeGreaterThan(FRAMES_PER_SECOND);
    expect(new Set(seen().slice(-FRAMES_PER_SECOND)).size).toBeGreaterThan(FRAMES_PER_SECOND / 2);
  } else {
    await expectMoreFrames({ from, to });
  }
  await expect
    .poll(() =>
      to
        .of('audio')
        .some(
          ({ from: sender, frequency_hz = 0, level_db = -200 }) =>
            sender === from.identity && Math.abs(frequency_hz - fromHz) < 12 && level_db > HEARD_DB_MIN,
        ),
    )
    .toBe(true);
}

/** By a client that decodes no more than key frames. */
async function expectReceived(from: ForeignParticipant, to: ForeignParticipant): Promise<void> {
  const seen = (): Told[] => to.of('video').filter((one) => one.from === from.identity);
  await expect.poll(() => seen().length, { message: to.complaints }).toBeGreaterThan(FRAMES_PER_SECOND);
  await expect.poll(() => seen().some(({ counter }) => counter !== undefined)).toBe(true);
  await expect
    .poll(() => to.of('audio').filter((one) => one.from === from.identity).length)
    .toBeGreaterThan(3);
}

async function expectData({ from, to }: Two): Promise<void> {
  await from.order({ order: 'data', topic: 'sure', text: 'for sure', reliable: true });
  await expect
    .poll(() => to.of('data').find(({ topic }) => topic === 'sure'))
    .toMatchObject({ from: from.identity, text: 'for sure' });
  await expect
    .poll(async () => {
      await from.order({
        order: 'data',
        topic: 'lossy',
        text: 'perhaps',
        reliable: false,
        to: [to.identity],
      });
      return to.of('data').find(({ topic }) => topic === 'lossy');
    })
    .toMatchObject({ from: from.identity, text: 'perhaps' });
}

async function expectCalls({ from, to }: Two): Promise<void> {
  const echo = await from.order({ order: 'call', topic: 'echo', text: 'over there', to: [to.identity] });
  expect(echo).toBe('OVER THERE');
  await expect
    .poll(() => to.last('called'))
    .toMatchObject({ from: from.identity, topic: 'echo', text: 'over there' });
  const refusal = from.order({ order: 'call', topic: 'refuse', text: 'please', to: [to.identity] });
  await expect(refusal).rejects.toThrow('1600');
}

async function expectStreams({ from, to }: Two): Promise<void> {
  await from.order({ order: 'text', text: LETTER });
  await expect.poll(() => to.last('text')).toMatchObject({ from: from.identity, text: LETTER });
  await from.order({ order: 'bytes', name: 'photo.jpg', size: PARCEL_BYTES, to: [to.identity] });
  await expect
    .poll(() => to.last('bytes'))
    .toMatchObject({
      from: from.identity,
      name: 'photo.jpg',
      size: PARCEL_BYTES,
      sha256: sha256OfBytes(PARCEL_BYTES),
    });
}

async function expectMute({ from, to, decodes }: Two): Promise<void> {
  await from.order({ order: 'mute', kind: 'audio' });
  await expect.poll(() => to.last('muted')).toMatchObject({ from: from.identity, kind: 'audio' });
  const before = to.of('audio').length;
  await from.order({ order: 'unmute', kind: 'audio' });
  await expect.poll(() => to.last('unmuted')).toMatchObject({ from: from.identity, kind: 'audio' });
  await expect
    .poll(() =>
      to
        .of('audio')
        .slice(before)
        .some(({ level_db = -200 }) => !decodes || level_db > HEARD_DB_MIN),
    )
    .toBe(true);
}

async function expectDescription({ from, to }: Two): Promise<void> {
  const said = { name: 'Somebody', metadata: 'a note', attributes: { floor: '3' } };
  await from.order({ order: 'describe', ...said });
  await expect.poll(() => to.last('described')).toMatchObject({ from: from.identity, ...said });
}

/** Nothing is left out. */
export async function expectAll(two: Two): Promise<void> {
  await expectSeenAndHeard(two);
  await expectData(two);
  await expectCalls(two);
  await expectStreams(two);
  await expectDescription(two);
  await expectMute(two);
}
