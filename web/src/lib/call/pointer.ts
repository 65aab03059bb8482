//! The live pointer: where somebody points in a video, many times a second, over lossy data.
//!
//! Flow: `PointerSender` takes every movement of the hand, sends at most 30 a second and always the last
//! one, and repeats it while the hand rests, because any packet may be lost. `PointerBoard` keeps the newest
//! place per participant and drops it when it is called off or three seconds old.
//!
//! Invariant: a place is in picture coordinates (see picture.ts), never in pixels of a screen.

import type { Point } from './picture.ts';

export type PointerMessage =
  { v: 1; track: string; x: number; y: number; at: number } | { v: 1; track: string; off: true; at?: number };

export const POINTER_TOPIC = 'pointer';

export class PointerSender {
  readonly #send: (message: PointerMessage) => void;
  #track: string | null = null;
  #point: Point | null = null;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (message: PointerMessage) => void) {
    this.#send = send;
  }

  /** The hand is at this place of this video. */
  point(track: string, point: Point): void {
    if (this.#track !== null && this.#track !== track) this.off();
    this.#track = track;
    this.#point = point;
    const due = this.#sentAt + INTERVAL_MS - Date.now();
    if (due <= 0) this.#flush();
    else this.#schedule(due);
  }

  /** The hand has left the video. */
  off(): void {
    clearTimeout(this.#timer);
    if (this.#track === null) return;
    this.#send({ v: 1, track: this.#track, off: true, at: Date.now() });
    this.#track = null;
    this.#point = null;
  }

  #flush(): void {
    if (this.#track === null || this.#point === null) return;
    const at = Date.now();
    this.#sentAt = at;
    this.#send({ v: 1, track: this.#track, x: this.#point.x, y: this.#point.y, at });
    this.#schedule(REPEAT_MS);
  }

  #schedule(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#flush(), delayMs);
  }
}

/** Where one participant points. */
export interface Pointing {
  from: string;
  track: string;
  point: Point;
}

export class PointerBoard {
  readonly #changed: (shown: readonly Pointing[]) => void;
  readonly #entries = new Map<string, Entry>();

  /** `changed` is called with what is to be shown whenever that differs. */
  constructor(changed: (shown: readonly Pointing[]) => void) {
    this.#changed = changed;
  }

  receive(from: string, message: PointerMessage): void {
    const known = this.#entries.get(from);
    if (known !== undefined && isStale(message, known.at)) return;
    if ('off' in message) {
      this.remove(from);
      return;
    }
    clearTimeout(known?.timer);
    const { track, x, y, at } = message;
    const timer = setTimeout(() => this.remove(from), SHOWN_MS);
    this.#entries.set(from, { shown: { from, track, point: { x, y } }, at, timer });
    this.#report();
  }

  remove(from: string): void {
    const known = this.#entries.get(from);
    if (known === undefined) return;
    clearTimeout(known.timer);
    this.#entries.delete(from);
    this.#report();
  }

  clear(): void {
    for (const { timer } of this.#entries.values()) clearTimeout(timer);
    this.#entries.clear();
    this.#report();
  }

  #report(): void {
    this.#changed([...this.#entries.values()].map((entry) => entry.shown));
  }
}

export function encodePointer(message: PointerMessage): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(message));
}

/** Null for anything that is not a pointer message: it comes from another browser. */
export function parsePointer(bytes: Uint8Array): PointerMessage | null {
  if (bytes.length > MESSAGE_BYTES_MAX) return null;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  if (!('v' in value) || value.v !== 1) return null;
  if (!('track' in value) || typeof value.track !== 'string') return null;
  const { track } = value;
  if ('off' in value) {
    if (value.off !== true) return null;
    return 'at' in value && isTime(value.at)
      ? { v: 1, track, off: true, at: value.at }
      : { v: 1, track, off: true };
  }
  if (!('x' in value && 'y' in value && 'at' in value)) return null;
  if (!isShare(value.x) || !isShare(value.y) || !isTime(value.at)) return null;
  return { v: 1, track, x: value.x, y: value.y, at: value.at };
}

interface Entry {
  shown: Pointing;
  at: number;
  timer: ReturnType<typeof setTimeout>;
}

/** Lossy data may overtake itself. A sender whose clock was set back is believed again soon. */
function isStale(message: PointerMessage, at: number): boolean {
  return message.at !== undefined && message.at < at && at - message.at < SHOWN_MS;
}

function isShare(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const INTERVAL_MS = 34;
const REPEAT_MS = 500;
const SHOWN_MS = 3_000;
const MESSAGE_BYTES_MAX = 512;
