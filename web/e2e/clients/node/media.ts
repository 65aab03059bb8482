/** What a Node participant sends and what it makes of what it receives. */
import {
  AudioFrame,
  AudioStream,
  VideoBufferType,
  VideoFrame,
  VideoStream,
  type AudioSource,
  type Track,
  type VideoSource,
} from '@livekit/rtc-node';

import { FRAMES, FRAMES_PER_SECOND } from '../../harness/clip.ts';
import { CELL, CELLS, counterOf, Painter, type Size } from '../../harness/picture.ts';
import type { Told } from '../participant.ts';

export const SIZE: Size = { width: 640, height: 360 };
export const SAMPLE_RATE_HZ = 48_000;
const SAMPLES_PER_FRAME = 480;
const WINDOW = 8192;
/** Where tones are looked for. */
const BINS = { from: 20, to: 400 };

type Tell = (told: Told) => void;

/** Captures the counted picture until the process ends, and tells every tenth frame. */
export function film(source: VideoSource, tell: Tell): void {
  const painter = new Painter(SIZE);
  const begin = performance.now();
  let frameNumber = 0;
  const capture = (): void => {
    const counter = frameNumber % FRAMES;
    const pixels = new Uint8Array(painter.frame(counter));
    source.captureFrame(new VideoFrame(pixels, SIZE.width, SIZE.height, VideoBufferType.RGB24));
    if (frameNumber % 10 === 0) tell({ event: 'sent', at_ms: Date.now(), counter });
    frameNumber += 1;
    // The frame clock: what a camera's hardware does.
    setTimeout(capture, Math.max(0, begin + (frameNumber * 1000) / FRAMES_PER_SECOND - performance.now()));
  };
  capture();
}

/** Half-second beeps: a steady tone would be taken for noise. */
export async function beep(source: AudioSource, frequencyHz: number): Promise<void> {
  for (let sample = 0; ; sample += SAMPLES_PER_FRAME) {
    const pcm = Int16Array.from({ length: SAMPLES_PER_FRAME }, (_, at) => {
      const seconds = (sample + at) / SAMPLE_RATE_HZ;
      const phase = seconds % 1;
      const loudness = phase < 0.5 ? Math.min(1, phase / 0.01, (0.5 - phase) / 0.01) : 0;
      return Math.round(Math.sin(2 * Math.PI * frequencyHz * seconds) * loudness * 0.5 * 32_767);
    });
    await source.captureFrame(new AudioFrame(pcm, SAMPLE_RATE_HZ, 1, SAMPLES_PER_FRAME));
  }
}

export async function watch(track: Track, from: string, tell: Tell): Promise<void> {
  for await (const { frame } of new VideoStream(track)) {
    const counter = counterIn(frame.data, frame);
    if (counter !== null) tell({ event: 'video', from, at_ms: Date.now(), counter, width: frame.width });
  }
}

export async function listen(track: Track, from: string, tell: Tell): Promise<void> {
  const heard = new Float64Array(WINDOW);
  let length = 0;
  for await (const { data } of new AudioStream(track, SAMPLE_RATE_HZ, 1)) {
    for (const level of data) {
      heard[length] = level / 32_768;
      length += 1;
      if (length < WINDOW) continue;
      length = 0;
      tell({ event: 'audio', from, ...loudest(heard) });
    }
  }
}

/** From the luma plane, which comes first. */
function counterIn(luma: Uint8Array, { width, height }: Size): number | null {
  const cell = CELL * Math.min(width, height);
  const left = width / 2 - (CELLS / 2) * cell;
  const top = height / 2 - (CELLS / 2) * cell;
  const brightness = Array.from({ length: CELLS * CELLS }, (_, index) => {
    const x = Math.round(left + ((index % CELLS) + 0.25) * cell);
    const y = Math.round(top + (Math.floor(index / CELLS) + 0.25) * cell);
    const side = Math.round(cell / 2);
    let sum = 0;
    for (let row = y; row < y + side; row += 1) {
      for (let column = x; column < x + side; column += 1) sum += luma[row * width + column] ?? 0;
    }
    return sum / side ** 2;
  });
  return counterOf(brightness);
}

/** The strongest of the tones that a test could play, by Goertzel's algorithm over a Hann window. */
function loudest(samples: Float64Array): { frequency_hz: number; level_db: number } {
  let best = { power: 0, bin: 0 };
  const windowed = samples.map((sample, at) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * at) / WINDOW)));
  for (let bin = BINS.from; bin < BINS.to; bin += 1) {
    const coefficient = 2 * Math.cos((2 * Math.PI * bin) / WINDOW);
    let before = 0;
    let last = 0;
    for (const sample of windowed) [before, last] = [last, sample + coefficient * last - before];
    const power = before ** 2 + last ** 2 - coefficient * before * last;
    if (power > best.power) best = { power, bin };
  }
  // A full-scale sine under a Hann window has an amplitude of a quarter of the window's length.
  const amplitude = Math.sqrt(best.power) / (WINDOW / 4);
  return {
    frequency_hz: (best.bin * SAMPLE_RATE_HZ) / WINDOW,
    level_db: 20 * Math.log10(Math.max(amplitude, 1e-10)),
  };
}
