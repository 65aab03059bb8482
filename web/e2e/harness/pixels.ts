/**
 * Finds the crosses of the counted picture, and any patch of one colour, in a screenshot.
 *
 * All positions are in CSS pixels of the page, whatever the device pixel ratio.
 */
import { PNG } from 'pngjs';

import { CROSSES, type CrossName, type Point, type Rgb, type Size } from './picture.ts';

export type Area = Point & Size;

/** A connected patch of pixels. */
export interface Patch {
  readonly centre: Point;
  readonly area: Area;
  readonly pixels: number;
}

export class Screenshot {
  readonly #png: PNG;
  readonly #scale: number;

  constructor(png: Buffer, devicePixelRatio: number) {
    this.#png = PNG.sync.read(png);
    this.#scale = devicePixelRatio;
  }

  /** The colour of one CSS pixel. */
  colourAt(at: Point): Rgb {
    return this.#colour(Math.round(at.x * this.#scale), Math.round(at.y * this.#scale));
  }

  /** Where a cross's two bars meet, or null when it is not (wholly) in sight within `inside`. */
  cross(name: CrossName, inside: Area): Point | null {
    const cross = CROSSES.find((one) => one.name === name);
    if (cross === undefined) return null;
    const patch = this.patches((colour) => isHueOf(colour, cross.colour), inside)[0];
    if (patch === undefined) return null;
    const { width, height } = patch.area;
    // A cross that an edge or a control cuts is not square, or no longer fills a fifth of its box.
    const isSquare = Math.abs(width - height) <= Math.max(2, 0.12 * Math.max(width, height));
    const share = patch.pixels / this.#scale ** 2 / (width * height);
    return isSquare && share > 0.25 && share < 0.65 ? patch.centre : null;
  }

  /** All crosses wholly in sight. */
  crosses(inside: Area): Map<CrossName, Point> {
    const found = new Map<CrossName, Point>();
    for (const { name } of CROSSES) {
      const at = this.cross(name, inside);
      if (at !== null) found.set(name, at);
    }
    return found;
  }

  /** Patches of matching pixels, the largest first. The centre is the middle of the patch's box. */
  patches(isWanted: (colour: Rgb) => boolean, inside: Area): Patch[] {
    const left = Math.max(0, Math.ceil(inside.x * this.#scale));
    const top = Math.max(0, Math.ceil(inside.y * this.#scale));
    const right = Math.min(this.#png.width, Math.floor((inside.x + inside.width) * this.#scale));
    const bottom = Math.min(this.#png.height, Math.floor((inside.y + inside.height) * this.#scale));
    const width = Math.max(0, right - left);
    const open = new Uint8Array(width * Math.max(0, bottom - top));
    for (let y = top; y < bottom; y += 1) {
      for (let x = left; x < right; x += 1) {
        if (isWanted(this.#colour(x, y))) open[(y - top) * width + (x - left)] = 1;
      }
    }
    const patches: Patch[] = [];
    for (let start = 0; start < open.length; start += 1) {
      if (open[start] === 1) patches.push(this.#take(open, width, start, { x: left, y: top }));
    }
    return patches.sort((a, b) => b.pixels - a.pixels);
  }

  /** Removes one patch from `open` and measures it. */
  #take(open: Uint8Array, width: number, start: number, origin: Point): Patch {
    const queue = [start];
    open[start] = 0;
    let [xMin, xMax, yMin, yMax, pixels] = [Infinity, -Infinity, Infinity, -Infinity, 0];
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      const x = at % width;
      const y = Math.floor(at / width);
      pixels += 1;
      xMin = Math.min(xMin, x);
      xMax = Math.max(xMax, x);
      yMin = Math.min(yMin, y);
      yMax = Math.max(yMax, y);
      for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (open[next] === 1) {
          open[next] = 0;
          queue.push(next);
        }
      }
    }
    const area = {
      x: (origin.x + xMin) / this.#scale,
      y: (origin.y + yMin) / this.#scale,
      width: (xMax - xMin + 1) / this.#scale,
      height: (yMax - yMin + 1) / this.#scale,
    };
    return { area, pixels, centre: { x: area.x + area.width / 2, y: area.y + area.height / 2 } };
  }

  #colour(x: number, y: number): Rgb {
    const at = (y * this.#png.width + x) * 4;
    const { data } = this.#png;
    return [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0];
  }
}

/** The same pure colour, after a video codec has dulled it. */
export function isHueOf(colour: Rgb, pure: Rgb): boolean {
  const lit = colour.filter((_, channel) => pure[channel] === 255);
  const dark = colour.filter((_, channel) => pure[channel] === 0);
  return Math.min(...lit) - Math.max(...dark) > 80;
}

/** The same colour up to a small difference in each channel. */
export function isColour(colour: Rgb, wanted: Rgb, tolerance = 24): boolean {
  return colour.every((channel, index) => Math.abs(channel - (wanted[index] ?? 0)) <= tolerance);
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
