/**
 * Two official clients that are not ours in one room: what one does, the other one sees, hears and
 * reads.
 */
import { expect, IS_LONG, test, type Client } from './cast.ts';
import { expectAll, type Two } from './exchange.ts';
import type { ForeignParticipant } from './participant.ts';

const TONES_HZ = [880, 1_320] as const;

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
      [{ client: 'browser' }, { client: 'browser' }],
    ];

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
    const ways: readonly Two[] = [
      { from: one, to: two, fromHz: TONES_HZ[0], decodes: second.client !== 'go' },
      { from: two, to: one, fromHz: TONES_HZ[1], decodes: first.client !== 'go' },
    ];
    for (const way of ways) await expectAll(way);
    await one.leave();
    await expect.poll(() => two.last('left')).toMatchObject({ from: one.identity });
    await two.leave();
  });
}
