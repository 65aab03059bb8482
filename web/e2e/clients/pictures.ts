/** What the frames that somebody received say of the way they came. */
import { expect } from '@playwright/test';

import { FRAMES_PER_SECOND } from '../harness/clip.ts';
import type { ForeignParticipant } from './participant.ts';

/** Frames on their way from one participant to another. */
export interface Way {
  readonly from: ForeignParticipant;
  readonly to: ForeignParticipant;
}

interface Arrival {
  readonly atMs: number;
  readonly width: number | undefined;
}

export function arrivals({ from, to }: Way): Arrival[] {
  return to
    .of('video')
    .flatMap(({ at_ms: atMs, width, from: sender }) =>
      sender === from.identity && atMs !== undefined ? [{ atMs, width }] : [],
    );
}

export function lastFrameMs(way: Way): number {
  return arrivals(way).at(-1)?.atMs ?? 0;
}

/** The newest width that is known: not every client learns it from each frame. */
export function widthOf(way: Way): number | undefined {
  return arrivals(way).findLast(({ width }) => width !== undefined)?.width;
}

/** The longest time without a frame, since a moment and up to the newest frame. */
export function longestGapMs(way: Way, sinceMs: number): number {
  const times = arrivals(way).flatMap(({ atMs }) => (atMs >= sinceMs ? [atMs] : []));
  const starts = [sinceMs, ...times];
  return Math.max(...times.map((atMs, index) => atMs - (starts[index] ?? atMs)));
}

export async function expectMoreFrames(way: Way): Promise<void> {
  const before = arrivals(way).length;
  await expect
    .poll(() => arrivals(way).length - before, { message: way.to.complaints })
    .toBeGreaterThan(FRAMES_PER_SECOND);
}
