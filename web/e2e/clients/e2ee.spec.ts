/**
 * End-to-end encryption passes through: those who share the key see, hear and read each other, and who
 * does not have it gets the same packets and makes nothing of them.
 */
import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import { expect, IS_LONG, test, type Client } from './cast.ts';
import type { ForeignParticipant } from './participant.ts';

const KEY = 'seven pumps under the roof';
const TONE_HZ = 880;
const HEARD_DB_MIN = -45;

/** Which part of the loud moments of somebody's sound is their tone. */
function inTune(to: ForeignParticipant, from: ForeignParticipant): number {
  const loud = to
    .of('audio')
    .filter((one) => one.from === from.identity && (one.level_db ?? -200) > HEARD_DB_MIN);
  const tuned = loud.filter(({ frequency_hz = 0 }) => Math.abs(frequency_hz - TONE_HZ) < 12);
  return tuned.length / Math.max(loud.length, 1);
}

const PAIRS: readonly (readonly [Client, Client])[] = [
  ['python', 'node'],
  ['browser', 'python'],
  ...(IS_LONG
    ? ([
        ['browser', 'node'],
        ['browser', 'browser'],
      ] as const)
    : []),
];

for (const [first, second] of PAIRS) {
  test(`encrypted media and data of a ${first} and a ${second} client reach those with the key, and nobody else`, async ({
    owner,
    foreign,
  }) => {
    const { invite } = await owner.createSession('expert');
    const stranger = await foreign('python', invite, { name: 'Stranger' });
    const one = await foreign(first, invite, { name: 'One', key: KEY, toneHz: TONE_HZ });
    const two = await foreign(second, invite, { name: 'Two', key: KEY });

    for (const [to, from] of [
      [one, two],
      [two, one],
    ] as const) {
      await expect
        .poll(() => to.frames('video', from.identity).length, { message: to.complaints })
        .toBeGreaterThan(FRAMES_PER_SECOND * 2);
      await from.order({ order: 'data', topic: 'secret', text: 'between us', reliable: true });
      await expect.poll(() => to.last('data')).toMatchObject({ from: from.identity, text: 'between us' });
    }
    await expect.poll(() => inTune(two, one) > 0.5).toBe(true);

    const subscribed = stranger.of('subscribed').filter(({ from }) => from !== stranger.identity);
    expect(subscribed).toHaveLength(4);
    expect(subscribed.every(({ is_encrypted }) => is_encrypted)).toBe(true);
    expect(stranger.of('video')).toEqual([]);
    expect(inTune(stranger, one), 'what is not decrypted is noise').toBeLessThan(0.1);
    expect(stranger.of('data')).toEqual([]);
  });
}
