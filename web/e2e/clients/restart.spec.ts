/**
 * The server is gone for a moment and knows nobody when it is back: clients join it anew by themselves,
 * publish what they published, and see each other again.
 */
import { expect, test } from './cast.ts';
import type { Told } from './participant.ts';
import { expectMoreFrames, type Way } from './pictures.ts';

/** What Chromium and its client log of that. */
const BROKEN = /signal|WebSocket|ERR_CONNECTION|leave request/;
/** Clients try again less and less often. */
const BACK_MS_MAX = 60_000;

test('clients whose server crashes join it again when it is back, and see each other again', async ({
  owner,
  server,
  foreign,
}) => {
  const { invite } = await owner.createSession('expert');
  const one = await foreign('python', invite, { name: 'One' });
  const two = await foreign('browser', invite, { name: 'Two', forgives: BROKEN });
  const ways: readonly Way[] = [
    { from: one, to: two },
    { from: two, to: one },
  ];
  for (const way of ways) await expectMoreFrames(way);

  await server.kill();
  await server.resume();
  for (const participant of [one, two]) {
    await expect
      .poll(() => participant.of('reconnected').length, { timeout: BACK_MS_MAX })
      .toBeGreaterThan(0);
  }
  for (const way of ways) {
    await expectMoreFrames(way);
    await way.from.order({ order: 'data', topic: 'after', text: 'here again', reliable: true });
    await expect
      .poll(() => way.to.last('data'))
      .toMatchObject({ from: way.from.identity, text: 'here again' });
    const told = (event: Told['event']): Told[] =>
      way.to.of(event).filter(({ from }) => from === way.from.identity);
    expect(new Set(told('joined').map(({ sid }) => sid)).size, 'it is a new participant').toBe(2);
    expect(told('subscribed').filter(({ kind }) => kind === 'video')).toHaveLength(2);
  }
});
