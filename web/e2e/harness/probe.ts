/**
 * What a test puts into a page to see and hear what arrives there: it remembers the page's peer
 * connections, reads the counter from the frames of a `<video>` as they are shown, and holds the
 * peaks of the spectrum of every received sound track.
 *
 * `installProbe` runs in the page before any of the page's own scripts, so it is one function that
 * uses nothing from outside.
 */
import type { Locator, Page } from '@playwright/test';

import { FRAMES, FRAMES_PER_SECOND } from './clip.ts';
import { CELL, CELLS, counterOf, type Size } from './picture.ts';

/** One frame as it was shown: the page's wall clock and the brightness of the panel's cells. */
interface Shown {
  readonly atMs: number;
  readonly cells: readonly number[];
}

interface Panel {
  readonly cells: number;
  readonly cell: number;
  readonly native: Size;
}

interface Probe {
  readonly peers: RTCPeerConnection[];
  watch(video: Element, panel: Panel): void;
  shown(video: Element): readonly Shown[];
  loudness(frequenciesHz: readonly number[]): readonly number[];
  forgetSound(): void;
  listenFor(ms: number): Promise<void>;
}

declare global {
  interface Window {
    probe: Probe;
  }
}

export function installProbe(): void {
  const peers: RTCPeerConnection[] = [];
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      peers.push(this);
    }
  };

  const kept = new WeakMap<Element, Shown[]>();

  function watch(video: Element, panel: Panel): void {
    if (!(video instanceof HTMLVideoElement)) throw new Error('not a video');
    if (kept.has(video)) return;
    const frames: Shown[] = [];
    kept.set(video, frames);
    const zoom = 8;
    const side = panel.cells * zoom;
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('no 2d canvas');
    const take = (): void => {
      // A camera picture may arrive scaled, and cropped around its middle.
      const scale = Math.max(video.videoWidth / panel.native.width, video.videoHeight / panel.native.height);
      const width = panel.cells * panel.cell * Math.min(panel.native.width, panel.native.height) * scale;
      const left = video.videoWidth / 2 - width / 2;
      const top = video.videoHeight / 2 - width / 2;
      context.drawImage(video, left, top, width, width, 0, 0, side, side);
      const { data } = context.getImageData(0, 0, side, side);
      const cells: number[] = [];
      for (let cell = 0; cell < panel.cells ** 2; cell += 1) {
        let sum = 0;
        for (let y = 2; y < 6; y += 1) {
          for (let x = 2; x < 6; x += 1) {
            const column = (cell % panel.cells) * zoom + x;
            const row = Math.floor(cell / panel.cells) * zoom + y;
            sum += data[(row * side + column) * 4 + 1] ?? 0;
          }
        }
        cells.push(sum / 16);
      }
      frames.push({ atMs: performance.timeOrigin + performance.now(), cells });
      if (frames.length > 600) frames.shift();
      video.requestVideoFrameCallback(take);
    };
    video.requestVideoFrameCallback(take);
  }

  interface Ear {
    readonly analyser: AnalyserNode;
    readonly peaks: Float32Array;
  }
  const ears = new Map<MediaStreamTrack, Ear>();
  let sound: AudioContext | undefined;

  function listen(): AudioContext {
    if (sound !== undefined) return sound;
    const context = new AudioContext();
    sound = context;
    setInterval(() => {
      for (const peer of peers) {
        for (const { track } of peer.getReceivers()) {
          if (track.kind !== 'audio' || track.readyState !== 'live' || ears.has(track)) continue;
          const analyser = context.createAnalyser();
          analyser.fftSize = 8192;
          analyser.smoothingTimeConstant = 0;
          context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
          ears.set(track, { analyser, peaks: new Float32Array(analyser.frequencyBinCount).fill(-200) });
        }
      }
      for (const { analyser, peaks } of ears.values()) {
        const levels = new Float32Array(analyser.frequencyBinCount);
        analyser.getFloatFrequencyData(levels);
        levels.forEach((level, bin) => (peaks[bin] = Math.max(peaks[bin] ?? -200, level)));
      }
    }, 50);
    return context;
  }

  function loudness(frequenciesHz: readonly number[]): readonly number[] {
    const { sampleRate } = listen();
    return frequenciesHz.map((frequency) => {
      let loudest = -200;
      for (const { analyser, peaks } of ears.values()) {
        const bin = Math.round((frequency * analyser.fftSize) / sampleRate);
        for (const near of [bin - 1, bin, bin + 1]) loudest = Math.max(loudest, peaks[near] ?? -200);
      }
      return loudest;
    });
  }

  /** By the clock of the sound itself, which stands still when nothing is heard or played. */
  function listenFor(ms: number): Promise<void> {
    const context = listen();
    const end = context.currentTime + ms / 1000;
    return new Promise((resolve) => {
      const look = (): void => {
        if (context.currentTime >= end) resolve();
        else setTimeout(look, 50);
      };
      look();
    });
  }

  window.probe = {
    peers,
    watch,
    shown: (video) => kept.get(video) ?? [],
    loudness,
    listenFor,
    forgetSound: () => ears.forEach(({ peaks }) => peaks.fill(-200)),
  };
}

/** A frame whose counter could be read. */
export interface Frame {
  readonly atMs: number;
  readonly counter: number;
}

/** Starts (once) to read the counter of a shown video whose camera delivers `native` pictures. */
export async function watch(video: Locator, native: Size): Promise<void> {
  await video.evaluate((element, panel) => window.probe.watch(element, panel), {
    cells: CELLS,
    cell: CELL,
    native,
  });
}

/** The frames seen since `watch`, oldest first, without those that could not be read. */
export async function framesOf(video: Locator): Promise<Frame[]> {
  const shown = await video.evaluate((element) => window.probe.shown(element));
  return shown.flatMap(({ atMs, cells }) => {
    const counter = counterOf(cells);
    return counter === null ? [] : [{ atMs, counter }];
  });
}

/** How loud (dBFS) each frequency has been at its loudest in the sound received so far. */
export async function loudness(page: Page, frequenciesHz: readonly number[]): Promise<number[]> {
  return [...(await page.evaluate((wanted) => window.probe.loudness(wanted), frequenciesHz))];
}

/** Listens anew: what was heard so far no longer counts. */
export async function forgetSound(page: Page): Promise<void> {
  await page.evaluate(() => window.probe.forgetSound());
}

/** Returns when that much more of the received sound has been looked at. */
export async function listenFor(page: Page, ms: number): Promise<void> {
  await page.evaluate((wanted) => window.probe.listenFor(wanted), ms);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Infinity;
}

/**
 * How far each frame of `there` is behind the same frame at its source, in milliseconds.
 *
 * Both pages run on one machine and so share a clock. The counter wraps; of the two readings the one
 * nearer to no delay is right as long as delays stay below half the clip.
 */
export function delaysMs(source: readonly Frame[], there: readonly Frame[]): number[] {
  const clipMs = (FRAMES / FRAMES_PER_SECOND) * 1000;
  return there.flatMap((frame) => {
    const origin = nearest(source, frame.atMs);
    if (origin === undefined) return [];
    // What the source would show at the very moment at which this frame was shown.
    const elapsedFrames = ((frame.atMs - origin.atMs) / 1000) * FRAMES_PER_SECOND;
    const behind = origin.counter + elapsedFrames - frame.counter;
    const wrapped = ((behind % FRAMES) + FRAMES) % FRAMES;
    const ms = (wrapped / FRAMES_PER_SECOND) * 1000;
    return [ms > clipMs / 2 ? ms - clipMs : ms];
  });
}

function nearest(frames: readonly Frame[], atMs: number): Frame | undefined {
  let best: Frame | undefined;
  for (const frame of frames) {
    if (best === undefined || Math.abs(frame.atMs - atMs) < Math.abs(best.atMs - atMs)) best = frame;
  }
  return best !== undefined && Math.abs(best.atMs - atMs) < 500 ? best : undefined;
}
