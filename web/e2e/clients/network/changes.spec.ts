/**
 * The network changes under a call: nobody clicks anything, and the picture is back in seconds, by another
 * way. How long it was away is read from the decoded frames of the other side.
 */
import { OWNER } from '../../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND } from '../../harness/clip.ts';
import { GUEST } from '../../harness/data.ts';
import { enterSession, joinByLink } from '../../harness/flows.ts';
import type { Person } from '../../harness/person.ts';
import type { Size } from '../../harness/picture.ts';
import { framesOf, watch } from '../../harness/probe.ts';
import { expect, test } from '../../harness/test.ts';
import { IS_LONG } from '../cast.ts';
import { Firewall } from './firewall.ts';
import { SERVER_HOST } from './place.ts';

const WIDE: Size = { width: 640, height: 360 };
/** From the moment at which the way dies to the next frame. */
const GAP_MS_MAX = 5_000;

test.use({ place: SERVER_HOST, settings: { MEDIA__MENDS_WAYS: 'true' } });

async function expectMoreFrames(to: Person, from: string): Promise<void> {
  const video = to.videoOf(from);
  const before = (await framesOf(video)).length;
  await expect.poll(async () => (await framesOf(video)).length - before).toBeGreaterThan(FRAMES_PER_SECOND);
}

async function longestGapMs(to: Person, from: string, sinceMs: number): Promise<number> {
  const times = (await framesOf(to.videoOf(from))).map(({ atMs }) => atMs).filter((atMs) => atMs >= sinceMs);
  const starts = [sinceMs, ...times];
  return Math.max(...times.map((atMs, index) => atMs - (starts[index] ?? atMs)));
}

function way(person: Person, words: string) {
  return person.page.getByRole('img', { name: new RegExp(` by ${words}$`) });
}

if (IS_LONG) {
  test('UDP is blocked under a call and opened again: TCP carries it meanwhile', async ({ owner, cast }) => {
    const session = await owner.createSession('expert');
    const camera = await cameraClip(WIDE);
    const expert = await cast.enter({ signedIn: owner, camera });
    await enterSession(expert, session.id);
    const guest = await cast.enter({ camera });
    await joinByLink(guest, session.invite.link, { name: GUEST });
    const sides = [
      [expert, GUEST],
      [guest, OWNER.name],
    ] as const;
    for (const [person, other] of sides) {
      await expect(person.videoOf(other)).toBeVisible();
      await watch(person.videoOf(other), WIDE);
      await expectMoreFrames(person, other);
      await expect(way(person, 'UDP')).toBeVisible();
    }

    const blockedAtMs = Date.now();
    const firewall = await Firewall.drop('meta l4proto udp');
    for (const [person, other] of sides) {
      await expect(way(person, 'TCP 443')).toBeVisible();
      await expectMoreFrames(person, other);
    }
    const gaps = await Promise.all(sides.map(([person, other]) => longestGapMs(person, other, blockedAtMs)));
    console.log(`UDP blocked: gaps in the picture of ${gaps.map(Math.round).join(' and ')} ms`);
    for (const gap of gaps) expect(gap).toBeLessThan(GAP_MS_MAX);

    const openedAtMs = Date.now();
    await firewall.lift();
    for (const [person, other] of sides) {
      await expect(way(person, 'UDP')).toBeVisible({ timeout: 60_000 });
      await expectMoreFrames(person, other);
    }
    const climbing = await Promise.all(
      sides.map(([person, other]) => longestGapMs(person, other, openedAtMs)),
    );
    console.log(`UDP open again: gaps of ${climbing.map(Math.round).join(' and ')} ms`);
    for (const gap of climbing) expect(gap).toBeLessThan(GAP_MS_MAX);
  });
}
