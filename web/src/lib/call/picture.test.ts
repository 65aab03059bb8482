import { describe, expect, test } from 'vitest';
import {
  fitFor,
  markerPlace,
  placement,
  stepped,
  toBox,
  toPicture,
  turnedClockwise,
  type Fit,
  type Point,
  type Rotation,
  type View,
} from './picture.ts';

const ROTATIONS: readonly Rotation[] = [0, 90, 180, 270];
const FITS: readonly Fit[] = ['cover', 'contain'];
const PICTURES = [
  { width: 1280, height: 720 },
  { width: 640, height: 480 },
  { width: 720, height: 1280 },
  { width: 1, height: 1 },
  { width: 4096, height: 16 },
];

describe('a step by the keys', () => {
  test('goes the way of the arrow on the screen, whatever the view, and ends at the edge', () => {
    const random = seeded(11);
    for (let round = 0; round < 2000; round += 1) {
      const view = anyView(random);
      const start = toPicture(view, { x: view.box.width / 2, y: view.box.height / 2 });
      if (start === null) continue;
      for (const step of [
        { x: 0.01, y: 0 },
        { x: -0.01, y: 0 },
        { x: 0, y: 0.01 },
        { x: 0, y: -0.01 },
      ]) {
        let point = start;
        const next = stepped(view, point, step);
        const [before, after] = [toBox(view, point), toBox(view, next)];
        expect(Math.sign(Math.round((after.x - before.x) * 1e6)), JSON.stringify(view)).toBeOneOf([
          Math.sign(step.x),
          0,
        ]);
        expect(Math.sign(Math.round((after.y - before.y) * 1e6))).toBeOneOf([Math.sign(step.y), 0]);
        for (let count = 0; count < 120; count += 1) point = stepped(view, point, step);
        const end = toBox(view, point);
        const isInBox =
          end.x >= -0.01 &&
          end.y >= -0.01 &&
          end.x <= view.box.width + 0.01 &&
          end.y <= view.box.height + 0.01;
        expect(isInBox, JSON.stringify({ view, end })).toBe(true);
      }
    }
  });
});

describe('every point of the picture', () => {
  test('comes back from the screen unchanged, whatever the view', () => {
    const random = seeded(20260101);
    for (let round = 0; round < 4000; round += 1) {
      const view = anyView(random);
      const point = { x: random(), y: random() };
      const back = toPicture(view, toBox(view, point));
      expect(back, JSON.stringify(view)).not.toBeNull();
      expect(back?.x).toBeCloseTo(point.x, 6);
      expect(back?.y).toBeCloseTo(point.y, 6);
    }
  });

  test('lies inside the box when the fit is contain', () => {
    const random = seeded(7);
    for (let round = 0; round < 2000; round += 1) {
      const view: View = { ...anyView(random), fit: 'contain' };
      const place = toBox(view, { x: random(), y: random() });
      expect(place.x).toBeGreaterThanOrEqual(-1e-6);
      expect(place.y).toBeGreaterThanOrEqual(-1e-6);
      expect(place.x).toBeLessThanOrEqual(view.box.width + 1e-6);
      expect(place.y).toBeLessThanOrEqual(view.box.height + 1e-6);
    }
  });

  test('is where the CSS transform draws it', () => {
    const random = seeded(99);
    for (let round = 0; round < 2000; round += 1) {
      const view = anyView(random);
      const point = { x: random(), y: random() };
      const drawn = drawnByCss(view, point);
      const place = toBox(view, point);
      expect(place.x).toBeCloseTo(drawn.x, 6);
      expect(place.y).toBeCloseTo(drawn.y, 6);
    }
  });

  test('is in the same picture place on a screen of another size and pixel ratio', () => {
    const random = seeded(3);
    for (let round = 0; round < 1000; round += 1) {
      const view = anyView(random);
      const zoom = 0.25 + random() * 4;
      const zoomed: View = {
        ...view,
        box: { width: view.box.width * zoom, height: view.box.height * zoom },
      };
      const place = toBox(view, { x: random(), y: random() });
      const here = toPicture(view, place);
      const there = toPicture(zoomed, { x: place.x * zoom, y: place.y * zoom });
      expect(there?.x).toBeCloseTo(here?.x ?? Number.NaN, 6);
      expect(there?.y).toBeCloseTo(here?.y ?? Number.NaN, 6);
    }
  });
});

describe('every point of the box', () => {
  test('is a point of the picture when the fit is cover', () => {
    const random = seeded(11);
    for (let round = 0; round < 2000; round += 1) {
      const view: View = { ...anyView(random), fit: 'cover' };
      const place = { x: random() * view.box.width, y: random() * view.box.height };
      expect(toPicture(view, place), JSON.stringify(view)).not.toBeNull();
    }
  });

  test('is no point of the picture in the bars that contain leaves', () => {
    const view = wide({ fit: 'contain', box: { width: 400, height: 400 } });
    expect(toPicture(view, { x: 200, y: 80 })).toBeNull();
    expect(toPicture(view, { x: 200, y: 320 })).toBeNull();
    expect(toPicture(view, { x: 200, y: 88 })).not.toBeNull();
  });
});

describe('known places', () => {
  test('the corners of a picture that fills its box are the corners of the box', () => {
    const view = wide({ box: { width: 640, height: 360 } });
    expect(toBox(view, { x: 0, y: 0 })).toEqual({ x: 0, y: 0 });
    expect(toBox(view, { x: 1, y: 1 })).toEqual({ x: 640, y: 360 });
    expect(toPicture(view, { x: 640, y: 360 })).toEqual({ x: 1, y: 1 });
  });

  test('a mirrored view swaps left and right and nothing else', () => {
    const view = wide({ isMirrored: true, box: { width: 640, height: 360 } });
    expect(toBox(view, { x: 0.25, y: 0.25 })).toEqual({ x: 480, y: 90 });
  });

  test('a quarter turn brings the top left corner to the top right', () => {
    const view = wide({ rotation: 90, box: { width: 360, height: 640 } });
    expect(toBox(view, { x: 0, y: 0 })).toEqual({ x: 360, y: 0 });
  });

  test('four quarter turns are none', () => {
    let rotation: Rotation = 0;
    for (const expected of [90, 180, 270, 0]) {
      rotation = turnedClockwise(rotation);
      expect(rotation).toBe(expected);
    }
  });
});

describe('a view without size', () => {
  test('has no picture points', () => {
    expect(toPicture(wide({ picture: { width: 0, height: 0 } }), { x: 1, y: 1 })).toBeNull();
    expect(toPicture(wide({ box: { width: 0, height: 10 } }), { x: 0, y: 5 })).toBeNull();
  });
});

describe('the fit for a screen', () => {
  test('fills it with a picture of nearly the same shape', () => {
    expect(fitFor({ ...wide({}), box: { width: 1280, height: 800 } })).toBe('cover');
    expect(fitFor({ ...wide({}), box: { width: 390, height: 693 }, rotation: 90 })).toBe('cover');
  });

  test('shows the whole picture where much would be cut off', () => {
    expect(fitFor({ ...wide({}), box: { width: 390, height: 844 } })).toBe('contain');
  });
});

describe('a marker', () => {
  test('is put at the edge when cover cuts its point off', () => {
    const view = wide({ fit: 'cover', box: { width: 360, height: 720 } });
    expect(markerPlace(view, { x: 0.02, y: 0.5 }, 12)).toEqual({
      place: { x: 12, y: 360 },
      isCutOff: true,
    });
  });

  test('is put exactly on its point otherwise, even beside the edge', () => {
    const view = wide({ fit: 'contain', box: { width: 1280, height: 720 } });
    expect(markerPlace(view, { x: 0, y: 0.5 }, 12)).toEqual({
      place: { x: 0, y: 360 },
      isCutOff: false,
    });
  });
});

/** Replays what a browser does with `object-fit`, centring and the transform, by matrices. */
function drawnByCss(view: View, point: Point): Point {
  const layout = placement(view);
  const across = layout.width / view.picture.width;
  const down = layout.height / view.picture.height;
  const scale = view.fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const x = (point.x - 0.5) * view.picture.width * scale;
  const y = (point.y - 0.5) * view.picture.height * scale;
  const degrees = Number(/rotate\((\d+)deg\)/.exec(layout.transform)?.[1]);
  const mirrored = layout.transform.endsWith('scaleX(-1)') ? -x : x;
  const angle = (degrees * Math.PI) / 180;
  return {
    x: view.box.width / 2 + mirrored * Math.cos(angle) - y * Math.sin(angle),
    y: view.box.height / 2 + mirrored * Math.sin(angle) + y * Math.cos(angle),
  };
}

function wide(change: Partial<View>): View {
  return {
    box: { width: 1280, height: 720 },
    picture: { width: 1280, height: 720 },
    fit: 'contain',
    rotation: 0,
    isMirrored: false,
    ...change,
  };
}

function anyView(random: () => number): View {
  return {
    box: { width: 1 + random() * 3000, height: 1 + random() * 3000 },
    picture: one(PICTURES, random),
    fit: one(FITS, random),
    rotation: one(ROTATIONS, random),
    isMirrored: random() < 0.5,
  };
}

function one<T>(choices: readonly T[], random: () => number): T {
  const choice = choices[Math.floor(random() * choices.length)];
  if (choice === undefined) throw new Error('random() must be below 1');
  return choice;
}

/** mulberry32: small, and the same numbers on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
