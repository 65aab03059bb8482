//! Converts between places on the screen and places in the picture.
//!
//! Picture coordinates are 0..1 from the top left of the decoded frame: not rotated, not mirrored, so
//! that they mean the same thing on every screen. Box coordinates are CSS pixels from the top left of the
//! element that shows the picture, so the device pixel ratio never enters.
//!
//! Flow: picture -> centred and scaled by the fit -> mirrored in its own axis -> turned clockwise -> box.
//! Invariant: `toPicture(view, toBox(view, point))` is `point` for every point of the picture, and
//! `placement(view)` draws the picture exactly where `toBox` says it is.

export interface Point {
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}
export type Fit = 'cover' | 'contain';

/** Clockwise, in degrees. */
export type Rotation = 0 | 90 | 180 | 270;

export interface View {
  /** The element that shows the picture, in CSS pixels. */
  box: Size;
  /** The decoded frame, in its own pixels (`videoWidth`, `videoHeight`). */
  picture: Size;
  fit: Fit;
  rotation: Rotation;
  /** A self-view of a front camera looks like a mirror; the picture itself is never mirrored. */
  isMirrored: boolean;
}

/** How to lay out the `<video>` inside the box: centre it, give it this size, then this transform. */
export interface Placement {
  width: number;
  height: number;
  transform: string;
}

/** The place in the box, in CSS pixels. Outside of the box for what `cover` cuts off. */
export function toBox(view: View, point: Point): Point {
  const scale = scaleOf(view);
  const across = (point.x - 0.5) * view.picture.width * scale * (view.isMirrored ? -1 : 1);
  const down = (point.y - 0.5) * view.picture.height * scale;
  const turned = turn({ x: across, y: down }, view.rotation);
  return { x: view.box.width / 2 + turned.x, y: view.box.height / 2 + turned.y };
}

/** The place in the picture, or null beside the picture and where there is no picture yet. */
export function toPicture(view: View, point: Point): Point | null {
  if (isEmpty(view.picture) || isEmpty(view.box)) return null;
  const scale = scaleOf(view);
  const centred = { x: point.x - view.box.width / 2, y: point.y - view.box.height / 2 };
  const upright = turn(centred, inverse(view.rotation));
  const x = (upright.x * (view.isMirrored ? -1 : 1)) / (view.picture.width * scale) + 0.5;
  const y = upright.y / (view.picture.height * scale) + 0.5;
  const inside = (value: number) => value >= -ROUNDING && value <= 1 + ROUNDING;
  return inside(x) && inside(y) ? { x: clamp(x, 0, 1), y: clamp(y, 0, 1) } : null;
}

/** The point after a step on the screen, as shares of the box; it stays in the picture and in sight. */
export function stepped(view: View, from: Point, step: Point): Point {
  const shown = toBox(view, from);
  const wanted = { x: shown.x + step.x * view.box.width, y: shown.y + step.y * view.box.height };
  const scale = scaleOf(view);
  const isOnItsSide = view.rotation === 90 || view.rotation === 270;
  const width = (isOnItsSide ? view.picture.height : view.picture.width) * scale;
  const height = (isOnItsSide ? view.picture.width : view.picture.height) * scale;
  const within = (value: number, length: number, shownLength: number) => {
    const margin = Math.max(0, (length - shownLength) / 2);
    return clamp(value, margin, length - margin);
  };
  const place = {
    x: within(wanted.x, view.box.width, width),
    y: within(wanted.y, view.box.height, height),
  };
  return toPicture(view, place) ?? from;
}

/** Where a marker for the point goes: the point itself, or the nearest place on the box's edge. */
export function markerPlace(view: View, point: Point, margin: number): { place: Point; isCutOff: boolean } {
  const exact = toBox(view, point);
  const isCutOff = exact.x < 0 || exact.y < 0 || exact.x > view.box.width || exact.y > view.box.height;
  if (!isCutOff) return { place: exact, isCutOff };
  const within = (value: number, length: number) =>
    clamp(value, Math.min(margin, length / 2), Math.max(length - margin, length / 2));
  return {
    place: { x: within(exact.x, view.box.width), y: within(exact.y, view.box.height) },
    isCutOff,
  };
}

/** The layout of the `<video>` element: `object-fit` does the fitting in the box as it was before the turn. */
export function placement(view: View): Placement {
  const { width, height } = beforeTurn(view);
  const mirror = view.isMirrored ? ' scaleX(-1)' : '';
  return { width, height, transform: `translate(-50%, -50%) rotate(${view.rotation}deg)${mirror}` };
}

/** Fills the box as long as little of the picture is lost by it; a detail at the edge must not go missing. */
export function fitFor(view: Pick<View, 'box' | 'picture' | 'rotation'>): Fit {
  if (isEmpty(view.picture) || isEmpty(view.box)) return 'contain';
  const box = beforeTurn(view);
  const across = box.width / view.picture.width;
  const down = box.height / view.picture.height;
  const shown = Math.min(across, down) / Math.max(across, down);
  return shown >= SHOWN_MIN ? 'cover' : 'contain';
}

export function turnedClockwise(rotation: Rotation): Rotation {
  switch (rotation) {
    case 0:
      return 90;
    case 90:
      return 180;
    case 180:
      return 270;
    case 270:
      return 0;
  }
}

/** CSS pixels per pixel of the picture. */
function scaleOf(view: View): number {
  const box = beforeTurn(view);
  const across = box.width / view.picture.width;
  const down = box.height / view.picture.height;
  return view.fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
}

function beforeTurn({ box, rotation }: Pick<View, 'box' | 'rotation'>): Size {
  const isOnItsSide = rotation === 90 || rotation === 270;
  return isOnItsSide ? { width: box.height, height: box.width } : box;
}

/** Clockwise about the origin, y pointing down. */
function turn({ x, y }: Point, rotation: Rotation): Point {
  switch (rotation) {
    case 0:
      return { x, y };
    case 90:
      return { x: -y, y: x };
    case 180:
      return { x: -x, y: -y };
    case 270:
      return { x: y, y: -x };
  }
}

function inverse(rotation: Rotation): Rotation {
  return rotation === 90 ? 270 : rotation === 270 ? 90 : rotation;
}

function isEmpty({ width, height }: Size): boolean {
  return !(width > 0 && height > 0);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}

/** A point exactly on the picture's border must not be lost to floating point. */
const ROUNDING = 1e-6;

/** The share of a picture that has to stay visible where `fitFor` fills the box. */
const SHOWN_MIN = 0.85;
