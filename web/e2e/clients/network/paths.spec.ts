/**
 * What firewalls let through, and by which way a call then comes about: two people of the web app behind
 * a firewall, the server outside. That it does is read from decoded pictures, and the way from the
 * screen and from the session's record.
 */
import type { Api } from '../../harness/api.ts';
import { OWNER } from '../../harness/api.ts';
import { cameraClip, FRAMES_PER_SECOND } from '../../harness/clip.ts';
import { GUEST } from '../../harness/data.ts';
import { enterSession, joinByLink } from '../../harness/flows.ts';
import type { Person } from '../../harness/person.ts';
import type { Size } from '../../harness/picture.ts';
import { framesOf, watch } from '../../harness/probe.ts';
import { expect, test as base } from '../../harness/test.ts';
import { Firewall } from './firewall.ts';
import { Middlebox } from './middlebox.ts';
import { SERVER_HOST } from './place.ts';

const WIDE: Size = { width: 640, height: 360 };
/** For what a page may not ask a person about: TURN over TLS with the test's own certificate. */
const TRUSTING = ['--ignore-certificate-errors'];

type Way = 'udp' | 'tcp' | 'relay';
const WORDS: Record<Way, string> = { udp: 'UDP', tcp: 'TCP 443', relay: 'Relay 443' };

interface Network {
  /** What the firewall drops, as expressions of nftables. */
  readonly dropped?: readonly string[];
  /** Whether it drops every TCP connection but those to port 443, and the test's own. */
  readonly is443Only?: boolean;
  /** Whether only TLS gets through to the server. */
  readonly isTlsOnly?: boolean;
}

const test = base.extend<{ behind: (network: Network) => Promise<void> }>({
  behind: async ({ server }, use) => {
    const undo: (() => Promise<void>)[] = [];
    try {
      await use(async ({ dropped = [], is443Only = false, isTlsOnly = false }) => {
        const others = `ip daddr != 127.0.0.0/8 tcp dport != { 443, ${server.httpPort} }`;
        const firewall = await Firewall.drop(...dropped, ...(is443Only ? [others] : []));
        undo.push(() => firewall.lift());
        if (!isTlsOnly) return;
        const middlebox = await Middlebox.before(SERVER_HOST.address);
        undo.push(() => middlebox.remove());
      });
    } finally {
      for (const step of undo) await step();
    }
  },
});
test.use({ place: SERVER_HOST });

async function expectMovingPicture(to: Person, from: string): Promise<void> {
  const video = to.videoOf(from);
  await expect(video).toBeVisible();
  await watch(video, WIDE);
  const before = (await framesOf(video)).length;
  await expect.poll(async () => (await framesOf(video)).length - before).toBeGreaterThan(FRAMES_PER_SECOND);
}

/** The ways that the session's record names. */
async function recordedWays(owner: Api, session: string): Promise<Set<string | undefined>> {
  const events = await owner.get<{ items: { kind: string; data: { path?: string } }[] }>(
    `sessions/${session}/events`,
  );
  const changes = events.items.filter(({ kind }) => kind === 'path_changed');
  return new Set(changes.map(({ data }) => data.path));
}

interface Case {
  readonly name: string;
  readonly network: Network;
  /** What the organisation forces. */
  readonly mode?: 'no-relay' | 'tcp-443' | 'relay';
  readonly way: Way;
}

const NO_UDP = ['meta l4proto udp'];
const CASES: readonly Case[] = [
  { name: 'everything open', network: {}, way: 'udp' },
  { name: 'UDP dropped', network: { dropped: NO_UDP }, way: 'tcp' },
  {
    name: 'only TCP 443 to the server',
    network: { dropped: NO_UDP, is443Only: true },
    way: 'tcp',
  },
  {
    name: 'only TLS to the server',
    network: { dropped: NO_UDP, isTlsOnly: true },
    way: 'relay',
  },
  { name: 'everything open, forced to no-relay', network: {}, mode: 'no-relay', way: 'udp' },
  { name: 'everything open, forced to tcp-443', network: {}, mode: 'tcp-443', way: 'tcp' },
  { name: 'everything open, forced to relay', network: {}, mode: 'relay', way: 'relay' },
];

for (const { name, network, mode, way } of CASES) {
  test(`${name}: a call by ${WORDS[way]}`, async ({ owner, cast, behind }) => {
    if (mode !== undefined) await owner.put('policies/media.path_mode', { value: mode });
    const session = await owner.createSession('expert');
    await behind(network);
    const options = { camera: await cameraClip(WIDE), flags: TRUSTING };
    const expert = await cast.enter({ signedIn: owner, ...options });
    await enterSession(expert, session.id);
    const guest = await cast.enter(options);
    await joinByLink(guest, session.invite.link, { name: GUEST });

    await expectMovingPicture(expert, GUEST);
    await expectMovingPicture(guest, OWNER.name);
    for (const person of [expert, guest]) {
      await expect(person.page.getByRole('img', { name: new RegExp(` by ${WORDS[way]}$`) })).toBeVisible();
    }
    expect(await recordedWays(owner, session.id)).toEqual(new Set([way]));
  });
}
