/** A subscriber at the end of a cable that loses packets: speech is still understood. */
import { voice } from '../../harness/clip.ts';
import { expect, test } from '../cast.ts';
import type { ForeignParticipant } from '../participant.ts';
import { expectMoreFrames } from '../pictures.ts';
import { lose, mend, NARROW_CHROMIUM } from './cable.ts';
import { SERVER_HOST } from './place.ts';

const LOSS_PERCENT = 20;
const VOICE_HZ = 440;
/** Half as loud as the voice at its softest, and half of that again. */
const HEARD_DB_MIN = -22;
const SILENCE_MS_MAX = 200;
const LISTENED_MS = 20_000;
/** What a level is told of. */
const STEP_MS = 10;

test.beforeEach(() => mend());
test.afterEach(() => mend());
test.use({ place: SERVER_HOST });

/** The loudness of the voice in each ten milliseconds, since so many of them. */
function heardDb(to: ForeignParticipant, since = 0): number[] {
  return to
    .of('voice')
    .flatMap(({ levels_db: levels = [] }) => levels)
    .slice(since);
}

function longestSilenceMs(levelsDb: readonly number[]): number {
  let silent = 0;
  let longest = 0;
  for (const level of levelsDb) {
    silent = level < HEARD_DB_MIN ? silent + STEP_MS : 0;
    longest = Math.max(longest, silent);
  }
  return longest;
}

test('a voice is heard without a gap when a fifth of the packets is lost', async ({ owner, foreign }) => {
  const { invite } = await owner.createSession('expert');
  const from = await foreign('browser', invite, {
    name: 'Speaking',
    framesPerSecond: 15,
    isSteady: true,
    person: { microphone: await voice(VOICE_HZ) },
  });
  const to = await foreign('browser', invite, {
    name: 'Listening',
    isOnlooker: true,
    voiceHz: VOICE_HZ,
    person: { executable: NARROW_CHROMIUM },
  });
  await expectMoreFrames({ from, to });
  await expect.poll(() => heardDb(to).at(-1)).toBeGreaterThan(HEARD_DB_MIN);

  await lose(LOSS_PERCENT);
  const before = heardDb(to).length;
  await expect
    .poll(() => heardDb(to, before).length * STEP_MS, { timeout: LISTENED_MS * 2 })
    .toBeGreaterThan(LISTENED_MS);
  const levels = heardDb(to, before);
  expect(longestSilenceMs(levels)).toBeLessThan(SILENCE_MS_MAX);
});
