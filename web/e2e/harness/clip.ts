/**
 * Makes what a test's camera and microphone deliver: a clip of the counted picture and a tone.
 *
 * Frames are drawn here and encoded by ffmpeg. Chromium loops both files and plays motion JPEG at
 * 30 frames per second whatever the file says. Clips are kept in the system's temporary folder
 * under a name that tells everything about them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Painter, type Size } from './picture.ts';

export const FRAMES_PER_SECOND = 30;
/** Frames until the clip starts anew; delays are told apart up to half of it (five seconds). */
export const FRAMES = 300;

const SAMPLE_RATE_HZ = 48_000;
const FOLDER = join(tmpdir(), 'helpsight-e2e-clips-v1');

export interface Camera {
  readonly file: string;
  readonly size: Size;
}

/** How strong the noise of a camera in a dark cellar is, in levels of brightness. */
const GRAIN = 16;

/**
 * A motion JPEG of the counted picture. With grain, as of a camera in the dark, it fills every bitrate
 * that it is given: a picture that stands still takes a tenth of that.
 */
export async function cameraClip(size: Size, { isGrainy = false } = {}): Promise<Camera> {
  const file = join(
    FOLDER,
    `${size.width}x${size.height}-${FRAMES}${isGrainy ? `-grain${GRAIN}` : ''}.mjpeg`,
  );
  await madeOnce(file, (path) => encode(size, path, isGrainy ? ['-vf', `noise=c0s=${GRAIN}:c0f=t`] : []));
  return { file, size };
}

/**
 * Half-second beeps of one frequency. A steady tone would be taken for noise and suppressed by the
 * browser's voice processing.
 */
export async function tone(frequencyHz: number): Promise<string> {
  const file = join(FOLDER, `tone-${frequencyHz}.wav`);
  await madeOnce(file, (path) => writeFile(path, beeps(frequencyHz)));
  return file;
}

/**
 * A tone that never stops, and swells like syllables do. To arrive, it must not go through a browser's
 * voice processing.
 */
export async function voice(frequencyHz: number): Promise<string> {
  const file = join(FOLDER, `voice-${frequencyHz}.wav`);
  await madeOnce(file, (path) =>
    writeFile(
      path,
      wav((seconds) => oscillation(frequencyHz, seconds) * (0.4 + 0.1 * oscillation(4, seconds))),
    ),
  );
  return file;
}

async function madeOnce(file: string, make: (path: string) => Promise<void>): Promise<void> {
  if (existsSync(file)) return;
  await mkdir(FOLDER, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await make(unfinished);
  await rename(unfinished, file);
}

async function encode(size: Size, path: string, filter: readonly string[]): Promise<void> {
  const ffmpeg = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-y'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${size.width}x${size.height}`],
      ...['-r', String(FRAMES_PER_SECOND), '-i', 'pipe:0'],
      ...filter,
      ...['-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-q:v', '3', '-f', 'mjpeg', path],
    ],
    { stdio: ['pipe', 'ignore', 'inherit'] },
  );
  const exit = once(ffmpeg, 'exit');
  const painter = new Painter(size);
  for (let counter = 0; counter < FRAMES; counter += 1) {
    if (!ffmpeg.stdin.write(painter.frame(counter))) await once(ffmpeg.stdin, 'drain');
  }
  ffmpeg.stdin.end();
  const [code] = await exit;
  if (code !== 0) throw new Error(`ffmpeg could not make ${path}: exit code ${code}`);
}

function beeps(frequencyHz: number): Buffer {
  return wav((seconds) => {
    const phase = seconds % 1;
    // Ten-millisecond ramps: a hard edge would spread over all frequencies.
    const loudness = phase < 0.5 ? Math.min(1, phase / 0.01, (0.5 - phase) / 0.01) : 0;
    return oscillation(frequencyHz, seconds) * loudness * 0.5;
  });
}

function oscillation(frequencyHz: number, seconds: number): number {
  return Math.sin(2 * Math.PI * frequencyHz * seconds);
}

/** Four seconds, which Chromium loops. */
function wav(levelAt: (seconds: number) => number): Buffer {
  const samples = SAMPLE_RATE_HZ * 4;
  const file = Buffer.alloc(44 + samples * 2);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // mono
  file.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  file.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let sample = 0; sample < samples; sample += 1) {
    const value = levelAt(sample / SAMPLE_RATE_HZ);
    file.writeInt16LE(Math.round(value * 32_767), 44 + sample * 2);
  }
  return file;
}
