/**
 * What firewalls let through, and by which way a call then comes about: two people of the web app behind
 * a firewall, the server outside. That it does is read from decoded pictures, and the way from the
 * screen and from the session's record.
 */
import { OWNER } from '../../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND } from '../../harness/clip.ts';
import { GUEST } from '../../harness/data.ts';
import { enterSession, joinByLink } from '../../harness/flows.ts';
import type { Person } from '../../harness/person.ts';
import type { Size } from '../../harness/picture.ts';
import { framesOf, watch } from '../../harness/probe.ts';
import { expect, test as base } from '../../harness/test.ts';
import { Firewall } from './firewall.ts';
import { SERVER_HOST } from './place.ts';

const WIDE: Size = { width: 640, height: 360 };

const test = base.extend<{ behind: (...dropped: readonly string[]) => Promise<void> }>({
  // eslint-disable-next-line no-empty-pattern
  behind: async ({}, use) => {
    let firewall: Firewall | undefined;
    try {
      await use(async (...dropped) => {
        firewall = await Firewall.drop(...dropped);
      });
    } finally {
      await firewall?.lift();
    }
  },
});
test.use({ place: SERVER_HOST });

async function expectMovingPicture(to: Person, from: string): Promise<void> {
  const video = to.videoOf(from);
  await expect(video).toBeVisible();
  await watch(video, WIDE);
  const before = (await framesOf(video)).length;
  await expect
    .poll(async () => (await framesOf(video)).length - before)
    .toBeGreaterThan(FRAMES_PER_SECOND);
}

interface Case {
  readonly name: string;
  readonly dropped: readonly string[];
  readonly path: 'udp' | 'tcp' | 'relay';
  readonly words: string;
}

const CASES: readonly Case[] = [
  { name: 'everything open', dropped: [], path: 'udp', words: 'UDP' },
  { name: 'UDP dropped', dropped: ['meta l4proto udp'], path: 'tcp', words: 'TCP 443' },
];

for (const { name, dropped, path, words } of CASES) {
  test(`${name}: a call by ${words}`, async ({ owner, cast, behind }) => {
    const session = await owner.createSession('expert');
    await behind(...dropped);
    const camera = await cameraClip(WIDE);
    const expert = await cast.enter({ signedIn: owner, camera });
    await enterSession(expert, session.id);
    const guest = await cast.enter({ camera });
    await joinByLink(guest, session.invite.link, { name: GUEST });

    await expectMovingPicture(expert, GUEST);
    await expectMovingPicture(guest, OWNER.name);
    for (const person of [expert, guest]) {
      await expect(person.page.getByRole('img', { name: new RegExp(` by ${words}$`) })).toBeVisible();
    }
    const events = await owner.get<{ items: { kind: string; data: { path?: string } }[] }>(
      `sessions/${session.id}/events`,
    );
    const paths = events.items.filter(({ kind }) => kind === 'path_changed');
    expect(new Set(paths.map(({ data }) => data.path))).toEqual(new Set([path]));
  });
}
