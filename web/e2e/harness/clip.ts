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

/** A motion JPEG of the counted picture. */
export async function cameraClip(size: Size): Promise<Camera> {
  const file = join(FOLDER, `${size.width}x${size.height}-${FRAMES}.mjpeg`);
  await madeOnce(file, (path) => encode(size, path));
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

async function madeOnce(file: string, make: (path: string) => Promise<void>): Promise<void> {
  if (existsSync(file)) return;
  await mkdir(FOLDER, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await make(unfinished);
  await rename(unfinished, file);
}

async function encode(size: Size, path: string): Promise<void> {
  const ffmpeg = spawn(
    'ffmpeg',
    [
      ...['-hide_banner', '-loglevel', 'error', '-y'],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${size.width}x${size.height}`],
      ...['-r', String(FRAMES_PER_SECOND), '-i', 'pipe:0'],
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
  const samples = SAMPLE_RATE_HZ * 4;
  const wav = Buffer.alloc(44 + samples * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + samples * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // mono
  wav.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  wav.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(samples * 2, 40);
  for (let sample = 0; sample < samples; sample += 1) {
    const seconds = sample / SAMPLE_RATE_HZ;
    const phase = seconds % 1;
    // Ten-millisecond ramps: a hard edge would spread over all frequencies.
    const loudness = phase < 0.5 ? Math.min(1, phase / 0.01, (0.5 - phase) / 0.01) : 0;
    const value = Math.sin(2 * Math.PI * frequencyHz * seconds) * loudness * 0.5;
    wav.writeInt16LE(Math.round(value * 32_767), 44 + sample * 2);
  }
  return wav;
}
