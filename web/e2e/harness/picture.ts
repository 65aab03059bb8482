/**
 * The picture that a test's camera sees: a frame counter in black and white blocks, the same number
 * for people, and four crosses in pure colours.
 *
 * Geometry is in the picture's own pixels. The counter's panel sits in the middle, so that a centred
 * crop keeps it. Two crosses lie near the vertical and two near the horizontal middle line: whatever
 * `object-fit: cover` cuts away, two stay visible.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}
export type Rgb = readonly [number, number, number];
export type CrossName = 'red' | 'green' | 'blue' | 'magenta';

export interface Cross {
  readonly name: CrossName;
  readonly colour: Rgb;
  readonly at: Point;
}

/** Crosses at fractions of the picture's width and height. */
export const CROSSES: readonly Cross[] = [
  { name: 'red', colour: [255, 0, 0], at: { x: 0.42, y: 0.15 } },
  { name: 'green', colour: [0, 255, 0], at: { x: 0.58, y: 0.85 } },
  { name: 'blue', colour: [0, 0, 255], at: { x: 0.15, y: 0.42 } },
  { name: 'magenta', colour: [255, 0, 255], at: { x: 0.85, y: 0.58 } },
];

/** Cells per side of the counter's panel. */
export const CELLS = 4;
/** One cell's side as a fraction of the picture's shorter side. */
export const CELL = 0.06;
/** Half a cross's length and half its thickness, as fractions of the shorter side. */
export const CROSS_ARM = 0.055;
export const CROSS_HALF_THICKNESS = 0.014;

const CHECK_MASK = 0b1010;

function checkOf(counter: number): number {
  return (counter ^ (counter >> 4) ^ (counter >> 8) ^ CHECK_MASK) & 0xf;
}

/** The panel's cells, row by row: twelve bits of the counter, then four that check them. */
export function cellsOf(counter: number): boolean[] {
  const bits = (counter << 4) | checkOf(counter);
  return Array.from({ length: CELLS * CELLS }, (_, cell) => ((bits >> (15 - cell)) & 1) === 1);
}

/** Brightness (0 to 255) of each cell to the counter, or null when the cells are no counter. */
export function counterOf(brightness: readonly number[]): number | null {
  if (brightness.length !== CELLS * CELLS) return null;
  const bits = brightness.reduce((sum, level) => (sum << 1) | (level >= 128 ? 1 : 0), 0);
  const counter = bits >> 4;
  return checkOf(counter) === (bits & 0xf) ? counter : null;
}

const DIGITS: Readonly<Record<string, readonly string[]>> = {
  '0': ['###', '# #', '# #', '# #', '###'],
  '1': [' # ', '## ', ' # ', ' # ', '###'],
  '2': ['###', '  #', '###', '#  ', '###'],
  '3': ['###', '  #', '###', '  #', '###'],
  '4': ['# #', '# #', '###', '  #', '  #'],
  '5': ['###', '#  ', '###', '  #', '###'],
  '6': ['###', '#  ', '###', '# #', '###'],
  '7': ['###', '  #', '  #', ' # ', ' # '],
  '8': ['###', '# #', '###', '# #', '###'],
  '9': ['###', '# #', '###', '  #', '###'],
};

/** Draws frames of one size; everything but the counter is painted once. */
export class Painter {
  readonly size: Size;
  readonly #still: Buffer;

  constructor(size: Size) {
    this.size = size;
    this.#still = Buffer.alloc(size.width * size.height * 3);
    this.#paintBackground();
    for (const cross of CROSSES) this.#paintCross(cross);
  }

  /** One frame as packed 8-bit RGB. */
  frame(counter: number): Buffer {
    const frame = Buffer.from(this.#still);
    this.#paintPanel(frame, counter);
    this.#paintNumber(frame, counter);
    return frame;
  }

  get #shorter(): number {
    return Math.min(this.size.width, this.size.height);
  }

  #paintBackground(): void {
    const { width, height } = this.size;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const level = 96 + Math.round((48 * (x + y)) / (width + height));
        this.#still.fill(level, (y * width + x) * 3, (y * width + x) * 3 + 3);
      }
    }
  }

  #paintCross({ colour, at }: Cross): void {
    const arm = CROSS_ARM * this.#shorter;
    const half = CROSS_HALF_THICKNESS * this.#shorter;
    const x = at.x * this.size.width;
    const y = at.y * this.size.height;
    fill(this.#still, this.size, { left: x - arm, top: y - half, right: x + arm, bottom: y + half }, colour);
    fill(this.#still, this.size, { left: x - half, top: y - arm, right: x + half, bottom: y + arm }, colour);
  }

  #paintPanel(frame: Buffer, counter: number): void {
    const cell = CELL * this.#shorter;
    const left = this.size.width / 2 - (CELLS / 2) * cell;
    const top = this.size.height / 2 - (CELLS / 2) * cell;
    const margin = cell / 2;
    const outer = {
      left: left - margin,
      top: top - margin,
      right: left + CELLS * cell + margin,
      bottom: top + CELLS * cell + margin,
    };
    fill(frame, this.size, outer, [255, 255, 255]);
    cellsOf(counter).forEach((isWhite, index) => {
      if (isWhite) return;
      const x = left + (index % CELLS) * cell;
      const y = top + Math.floor(index / CELLS) * cell;
      fill(frame, this.size, { left: x, top: y, right: x + cell, bottom: y + cell }, [0, 0, 0]);
    });
  }

  #paintNumber(frame: Buffer, counter: number): void {
    const dot = Math.max(1, Math.round(0.01 * this.#shorter));
    const text = String(counter).padStart(4, '0');
    const left = this.size.width / 2 - (text.length * 4 * dot) / 2;
    const top = this.size.height / 2 + CELLS * CELL * this.#shorter * 0.75;
    [...text].forEach((digit, index) => {
      (DIGITS[digit] ?? []).forEach((row, y) => {
        [...row].forEach((mark, x) => {
          if (mark !== '#') return;
          const dotLeft = left + (index * 4 + x) * dot;
          const dotTop = top + y * dot;
          fill(
            frame,
            this.size,
            { left: dotLeft, top: dotTop, right: dotLeft + dot, bottom: dotTop + dot },
            [255, 255, 255],
          );
        });
      });
    });
  }
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function fill(frame: Buffer, size: Size, box: Box, [red, green, blue]: Rgb): void {
  for (let y = Math.max(0, Math.round(box.top)); y < Math.min(size.height, Math.round(box.bottom)); y += 1) {
    for (let x = Math.max(0, Math.round(box.left)); x < Math.min(size.width, Math.round(box.right)); x += 1) {
      const at = (y * size.width + x) * 3;
      frame[at] = red;
      frame[at + 1] = green;
      frame[at + 2] = blue;
    }
  }
}
