/**
 * The live pointer lands where it was put: an expert points at a coloured cross found by its pixels on
 * the expert's own screen, and a screenshot of the assisted's screen shows the pointer on the same cross.
 */
import { OWNER } from '../harness/api.ts';
import { cameraClip } from '../harness/clip.ts';
import { GUEST } from '../harness/data.ts';
import { expertAndGuest } from '../harness/flows.ts';
import type { Person, PersonOptions } from '../harness/person.ts';
import type { CrossName, Point, Rgb, Size } from '../harness/picture.ts';
import { distance, isColour } from '../harness/pixels.ts';
import { expect, test } from '../harness/test.ts';

const WIDE: Size = { width: 1280, height: 720 };
const CLASSIC: Size = { width: 640, height: 480 };
const TALL: Size = { width: 720, height: 1280 };
/** Of the picture's width on the assisted's screen. */
const OFF_MAX = 0.01;

type Fit = 'cover' | 'contain';

async function show(person: Person, fit: Fit): Promise<void> {
  const [wanted, other] =
    fit === 'cover'
      ? ['Fill the stage', 'Show the whole picture']
      : ['Show the whole picture', 'Fill the stage'];
  await expect(person.button(wanted).or(person.button(other))).toBeVisible();
  if (await person.button(wanted).isVisible()) await person.button(wanted).click();
  await expect(person.button(other)).toBeVisible();
}

/** The crosses wholly in sight on somebody's stage, without any pointer on it. */
async function crossesOf(person: Person): Promise<Map<CrossName, Point>> {
  let crosses = new Map<CrossName, Point>();
  await expect
    .poll(async () => {
      const area = await person.stageArea();
      crosses = (await person.screenshot()).crosses(area);
      return crosses.size;
    })
    .toBeGreaterThanOrEqual(2);
  return crosses;
}

/** The middle of the pointer's ring on somebody's screen, or null when there is none. */
async function ringOf(person: Person, from: string): Promise<Point | null> {
  const marker = person.page.getByRole('img', { name: `${from} points here` });
  // The marker itself has no size: it is a point.
  if ((await marker.count()) === 0) return null;
  const colour = await marker.evaluate((element): Rgb | null => {
    const strokes = [...element.querySelectorAll('circle')].map((circle) => getComputedStyle(circle).stroke);
    const canvas = document.createElement('canvas').getContext('2d');
    if (canvas === null) return null;
    for (const stroke of strokes) {
      if (stroke === 'none') continue;
      canvas.fillStyle = stroke;
      canvas.fillRect(0, 0, 1, 1);
      const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
      if (Math.min(red, green, blue) < 250) return [red, green, blue];
    }
    return null;
  });
  if (colour === null) return null;
  const screenshot = await person.screenshot();
  const ring = screenshot
    .patches((seen) => isColour(seen, colour), await person.stageArea())
    .find(({ area }) => area.width > 30 && Math.abs(area.width - area.height) < 3);
  return ring?.centre ?? null;
}

/** How wide the picture is on somebody's screen: the crosses tell, since their places in it are known. */
async function pictureWidth(person: Person): Promise<number> {
  return person.stageVideo.evaluate((element) => {
    if (!(element instanceof HTMLVideoElement)) return 0;
    const { clientWidth, clientHeight, videoWidth, videoHeight } = element;
    const scales = [clientWidth / videoWidth, clientHeight / videoHeight];
    const isCover = getComputedStyle(element).objectFit === 'cover';
    return videoWidth * (isCover ? Math.max(...scales) : Math.min(...scales));
  });
}

/** Points at every cross that both see, and compares. */
async function expectPointerOnCrosses(expert: Person, guest: Person): Promise<void> {
  await expert.page.mouse.move(0, 0);
  await expect(guest.page.getByRole('img', { name: /points/ })).toHaveCount(0);
  const there = await crossesOf(guest);
  const here = await crossesOf(expert);
  const both = [...here].filter(([name]) => there.has(name));
  expect(both.length, 'crosses that both see').toBeGreaterThan(0);
  const tolerance = OFF_MAX * (await pictureWidth(guest));
  for (const [name, at] of both) {
    await expert.page.mouse.move(at.x, at.y);
    const expected = there.get(name) ?? { x: 0, y: 0 };
    await expect
      .poll(
        async () => {
          const ring = await ringOf(guest, OWNER.name);
          return ring === null ? Infinity : distance(ring, expected);
        },
        { message: `pointer at the ${name} cross` },
      )
      .toBeLessThan(tolerance);
  }
}

const SHAPES: readonly [string, Size][] = [
  ['16:9', WIDE],
  ['4:3', CLASSIC],
  ['9:16', TALL],
];

for (const [shape, size] of SHAPES) {
  test(`a pointer on a ${shape} picture lands on the cross, filled, whole and turned`, async ({
    owner,
    cast,
  }) => {
    test.setTimeout(240_000);
    const { expert, guest } = await expertAndGuest(cast, owner, {
      guestName: GUEST,
      guest: { camera: await cameraClip(size), viewport: { width: 1024, height: 768 } },
    });
    await expert.takePointer();
    for (const fit of ['contain', 'cover'] as const) {
      await test.step(fit, async () => {
        await show(guest, fit);
        await expectPointerOnCrosses(expert, guest);
      });
    }
    await test.step('the expert fills the stage', async () => {
      await show(expert, 'cover');
      await expectPointerOnCrosses(expert, guest);
      await show(expert, 'contain');
    });
    for (const turn of [90, 180, 270]) {
      await test.step(`the expert turned the picture by ${turn}°`, async () => {
        await expert.button('Rotate the view').click();
        await expectPointerOnCrosses(expert, guest);
      });
    }
  });
}

const PHONE_CASES: readonly [string, Size, PersonOptions][] = [
  ['a phone held upright', TALL, { isPhone: true }],
  ['a phone held sideways', WIDE, { isPhone: true, viewport: { width: 844, height: 390 } }],
  ['a phone with three pixels to the point', WIDE, { isPhone: true, devicePixelRatio: 3 }],
];

for (const [what, size, options] of PHONE_CASES) {
  test(`a pointer lands on the cross on the mirrored self-view of ${what}`, async ({ owner, cast }) => {
    const { expert, guest } = await expertAndGuest(cast, owner, {
      guestName: GUEST,
      guest: { camera: await cameraClip(size), ...options },
    });
    await expert.takePointer();
    const there = await crossesOf(guest);
    const here = await crossesOf(expert);
    const [one, two] = [...there.keys()].filter((name) => here.has(name));
    if (one === undefined || two === undefined) throw new Error('two crosses are needed to tell a mirror');
    const across = (crosses: Map<CrossName, Point>): number =>
      Math.sign((crosses.get(one)?.x ?? 0) - (crosses.get(two)?.x ?? 0));
    expect(across(there), 'the self-view is a mirror of what the expert sees').toBe(-across(here));
    await expectPointerOnCrosses(expert, guest);
  });
}

test('by keyboard alone the pointer is taken, moved and put down, and the focus comes back', async ({
  owner,
  cast,
}) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    guest: { camera: await cameraClip(WIDE) },
  });
  await crossesOf(expert);
  const pointer = expert.button('Pointer');
  const there = guest.page.getByRole('img', { name: `${OWNER.name} points here` });
  const place = async (): Promise<Point> => {
    const box = await there.boundingBox();
    if (box === null) throw new Error('nobody points');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const { keyboard } = expert.page;

  for (let count = 0; count < 40; count += 1) {
    await keyboard.press('Tab');
    if (await pointer.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(pointer).toBeFocused();
  await keyboard.press('Enter');
  await expect(pointer).toHaveAttribute('aria-pressed', 'true');
  await expect(expert.page.getByRole('application')).toBeFocused();
  await expect(there).toHaveCount(1);
  const start = await place();
  await keyboard.press('Shift+ArrowRight');
  await expect.poll(async () => Math.abs((await place()).x - start.x)).toBeGreaterThan(20);
  const right = await place();
  await keyboard.press('ArrowDown');
  await expect.poll(async () => (await place()).y - start.y).toBeGreaterThan(2);
  const down = await place();
  expect(Math.abs(down.x - right.x)).toBeLessThan(2);
  expect(down.y - start.y).toBeLessThan(20);

  await keyboard.press('Escape');
  await expect(pointer).toHaveAttribute('aria-pressed', 'false');
  await expect(pointer).toBeFocused();
  await expect(there).toHaveCount(0);
  // The key for it works from anywhere, and says so in the list.
  await keyboard.press('p');
  await expect(expert.page.getByRole('application')).toBeFocused();
  await expect(there).toHaveCount(1);
  await keyboard.press('Escape');
  await expect(there).toHaveCount(0);
  await keyboard.press('?');
  await expect(expert.page.getByText('Move the pointer', { exact: true })).toBeVisible();
});

test('a pointer that leaves the picture leaves the other screen', async ({ owner, cast }) => {
  const { expert, guest } = await expertAndGuest(cast, owner, {
    guestName: GUEST,
    guest: { camera: await cameraClip(WIDE) },
  });
  await expert.takePointer();
  // Without a picture there is nothing to point at.
  await crossesOf(expert);
  const area = await expert.stageArea();
  await expert.page.mouse.move(area.x + area.width / 2, area.y + area.height / 2);
  await expect(guest.page.getByRole('img', { name: `${OWNER.name} points here` })).toHaveCount(1);
  await expert.page.mouse.move(0, 0);
  await expect(guest.page.getByRole('img', { name: `${OWNER.name} points here` })).toHaveCount(0);
});
