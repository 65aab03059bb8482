/**
 * Pictures in layers: what a subscriber asks for it gets, larger and smaller, and the picture does not
 * stop when the layer changes.
 */
import { expect, test, type Client } from './cast.ts';
import { CAMERA } from './commands.ts';
import { expectMoreFrames, longestGapMs, widthOf, type Way } from './pictures.ts';

const SMALL = CAMERA.width / 2;
const GAP_MS_MAX = 1_000;

async function expectBothLayers(way: Way): Promise<void> {
  // What nobody has asked for is the largest.
  await expect.poll(() => widthOf(way), { message: way.to.complaints }).toBe(CAMERA.width);
  const beginMs = Date.now();
  await way.to.order({ order: 'quality', quality: 'low' });
  await expect.poll(() => widthOf(way)).toBe(SMALL);
  await expectMoreFrames(way);
  expect(widthOf(way)).toBe(SMALL);
  await way.to.order({ order: 'quality', quality: 'high' });
  await expect.poll(() => widthOf(way)).toBe(CAMERA.width);
  await expectMoreFrames(way);
  expect(longestGapMs(way, beginMs)).toBeLessThan(GAP_MS_MAX);
}

/** Who asks, and whose picture it is. (The layers of Python's and Node's client are all of one size.) */
const PAIRS: readonly (readonly [Client, Client])[] = [
  ['browser', 'go'],
  ['python', 'browser'],
  ['node', 'browser'],
  ['go', 'browser'],
];

for (const [asking, filming] of PAIRS) {
  test(`a ${asking} client gets the layer that it asks for of a ${filming} client's picture`, async ({
    owner,
    foreign,
  }) => {
    const { invite } = await owner.createSession('expert');
    const from = await foreign(filming, invite, { name: 'Filming', hasLayers: true });
    const to = await foreign(asking, invite, { name: 'Asking' });
    await expectBothLayers({ from, to });
  });
}

test('a browser gets the layers that it asks for of a picture that is encoded as H.264', async ({
  owner,
  foreign,
}) => {
  const { invite } = await owner.createSession('expert');
  const from = await foreign('browser', invite, { name: 'Filming', codec: 'h264' });
  const to = await foreign('browser', invite, { name: 'Asking', isOnlooker: true });
  await expectBothLayers({ from, to });
  const video = to.of('subscribed').find(({ kind }) => kind === 'video');
  expect(video?.mime_type).toMatch(/^video\/h264$/i);
});

test('a browser gets the layer that fills the size at which it shows a picture', async ({
  owner,
  foreign,
}) => {
  const { invite } = await owner.createSession('expert');
  const from = await foreign('browser', invite, { name: 'Filming' });
  const to = await foreign('browser', invite, { name: 'Watching', isOnlooker: true, isAdaptive: true });
  const way = { from, to };
  await to.order({ order: 'show', width: CAMERA.width });
  await expect.poll(() => widthOf(way)).toBe(CAMERA.width);

  const beginMs = Date.now();
  await to.order({ order: 'show', width: SMALL / 2 });
  await expect.poll(() => widthOf(way)).toBe(SMALL);
  await expectMoreFrames(way);
  await to.order({ order: 'show', width: CAMERA.width });
  await expect.poll(() => widthOf(way)).toBe(CAMERA.width);
  await expectMoreFrames(way);
  expect(longestGapMs(way, beginMs)).toBeLessThan(GAP_MS_MAX);
});
