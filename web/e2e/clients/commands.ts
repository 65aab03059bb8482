/** The command that runs a participant on each client, whose microphone has that tone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cameraClip, FRAMES_PER_SECOND, tone } from '../harness/clip.ts';
import type { Size } from '../harness/picture.ts';

/** The picture that every client publishes. */
export const CAMERA: Size = { width: 640, height: 360 };

const HALF: Size = { width: CAMERA.width / 2, height: CAMERA.height / 2 };

export type Program = 'python' | 'node' | 'go';

export async function commandOf(program: Program, toneHz: number): Promise<readonly string[]> {
  switch (program) {
    case 'python':
      return [path('python/.venv/bin/python'), path('python/participant.py'), '--tone-hz', String(toneHz)];
    case 'node':
      return [process.execPath, path('node/participant.ts'), '--tone-hz', String(toneHz)];
    case 'go':
      // It does not encode.
      return [
        path('go/participant'),
        ...['--video', await film(CAMERA), '--small-video', await film(HALF)],
        ...['--audio', await sound(toneHz)],
      ];
  }
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

/** The counted picture as VP8, with key frames often enough for who comes later. */
async function film(size: Size): Promise<string> {
  const { file } = await cameraClip(size);
  return encoded(`film-${size.width}x${size.height}.ivf`, [
    ...['-f', 'mjpeg', '-r', String(FRAMES_PER_SECOND), '-i', file],
    ...['-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '800k', '-g', '15', '-f', 'ivf'],
  ]);
}

/** The tone as Opus, a packet a page. */
async function sound(toneHz: number): Promise<string> {
  return encoded(`tone-${toneHz}.ogg`, [
    ...['-i', await tone(toneHz)],
    ...['-c:a', 'libopus', '-frame_duration', '20', '-page_duration', '20000', '-f', 'ogg'],
  ]);
}

const FOLDER = join(tmpdir(), 'helpsight-e2e-encoded-v1');

async function encoded(name: string, how: readonly string[]): Promise<string> {
  const file = join(FOLDER, name);
  if (existsSync(file)) return file;
  await mkdir(FOLDER, { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  const ffmpeg = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...how, unfinished], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = await once(ffmpeg, 'exit');
  if (code !== 0) throw new Error(`ffmpeg could not make ${name}: exit code ${code}`);
  await rename(unfinished, file);
  return file;
}
