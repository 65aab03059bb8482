/**
 * Two official clients that are not ours in one room: what one does, the other one sees, hears and
 * reads.
 */
import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import { expect, IS_LONG, test, type Client } from './cast.ts';
import { sha256OfBytes, type ForeignParticipant, type Told } from './participant.ts';

const HEARD_DB_MIN = -45;
const TONES_HZ = [880, 1_320] as const;
/** More than one packet of a stream. */
const LETTER = 'Die Pumpe läuft wieder. '.repeat(2_000);
const PARCEL_BYTES = 100_000;

interface Two {
  readonly from: ForeignParticipant;
  readonly to: ForeignParticipant;
  readonly fromHz: number;
  /** Whether `to` makes pictures and sound of what it receives, or only reads key frames. */
  readonly decodes: boolean;
}

async function expectSeenAndHeard({ from, to, fromHz, decodes }: Two): Promise<void> {
  if (!decodes) return expectReceived(from, to);
  const seen = (): number[] => to.frames('video', from.identity).map(({ counter }) => counter);
  await expect.poll(() => seen().length, { message: to.complaints }).toBeGreaterThan(FRAMES_PER_SECOND);
  expect(new Set(seen().slice(-FRAMES_PER_SECOND)).size).toBeGreaterThan(FRAMES_PER_SECOND / 2);
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
  expect(to.last('called')).toMatchObject({ from: from.identity, topic: 'echo', text: 'over there' });
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

interface Seat {
  readonly client: Client;
  /** The Go client always has two connections, the Node client always one. */
  readonly isDual?: boolean;
}

const SEATS: readonly Seat[] = [
  { client: 'python' },
  { client: 'python', isDual: true },
  { client: 'node' },
  { client: 'go' },
  { client: 'browser' },
  { client: 'browser', isDual: true },
];
const PAIRS: readonly (readonly [Seat, Seat])[] = IS_LONG
  ? SEATS.flatMap((one, index) => SEATS.slice(index).map((two) => [one, two] as const))
  : [
      [{ client: 'python' }, { client: 'node' }],
      [{ client: 'node' }, { client: 'node' }],
      [{ client: 'go' }, { client: 'python' }],
      [{ client: 'browser', isDual: true }, { client: 'python' }],
    ];
/** The Node client has no way to mute its own tracks. */
const MUTES: readonly Client[] = ['python', 'browser', 'go'];

function nameOf({ client, isDual }: Seat): string {
  return `a ${client} client${isDual ? ' with two connections' : ''}`;
}

for (const [first, second] of PAIRS) {
  test(`${nameOf(first)} and ${nameOf(second)} have all of each other`, async ({ owner, foreign }) => {
    const { invite } = await owner.createSession('expert');
    const grants = { canUpdateOwnMetadata: true };
    const enter = ({ client, ...rest }: Seat, name: string, toneHz: number): Promise<ForeignParticipant> =>
      foreign(client, invite, { ...rest, name, toneHz, grants });
    const one = await enter(first, 'One', TONES_HZ[0]);
    const two = await enter(second, 'Two', TONES_HZ[1]);
    const ways: readonly (Two & { client: Client })[] = [
      { client: first.client, from: one, to: two, fromHz: TONES_HZ[0], decodes: second.client !== 'go' },
      { client: second.client, from: two, to: one, fromHz: TONES_HZ[1], decodes: first.client !== 'go' },
    ];
    for (const way of ways) {
      await expectSeenAndHeard(way);
      await expectData(way);
      await expectCalls(way);
      await expectStreams(way);
      await expectDescription(way);
      if (MUTES.includes(way.client)) await expectMute(way);
    }
    await one.leave();
    await expect.poll(() => two.last('left')).toMatchObject({ from: one.identity });
    await two.leave();
  });
}
