/**
 * Figures of the release binary on this machine, as a Markdown page on standard output.
 *
 * Run by ./bench. Each figure is a median, so that a busy moment does not decide.
 */
import { readFile, stat } from 'node:fs/promises';
import { cpus } from 'node:os';

import { Api } from './harness/api.ts';
import { Person } from './harness/person.ts';
import { Server } from './harness/server.ts';

const STARTS = 11;
const PAGES = 5;

interface Figure {
  readonly what: string;
  readonly value: string;
}

async function startMs(server: Server): Promise<number> {
  await server.stop();
  const begin = performance.now();
  await server.resume();
  return performance.now() - begin;
}

async function residentKb(server: Server): Promise<number> {
  const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0);
}

/** Bytes on the wire until the join form can be used, with an empty cache. */
async function joinPage(
  server: Server,
  link: string,
): Promise<{ bytes: number; requests: number; ms: number }> {
  const guest = await Person.enter(server, { isPhone: true });
  const wire = await guest.context.newCDPSession(guest.page);
  await wire.send('Network.enable');
  let bytes = 0;
  let requests = 0;
  wire.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  const begin = performance.now();
  await guest.page.goto(link);
  await guest.field('Your name').waitFor();
  const ms = performance.now() - begin;
  await guest.leave();
  return { bytes, requests, ms };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

async function repeat<T>(times: number, once: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let time = 0; time < times; time += 1) results.push(await once());
  return results;
}

async function figures(binary: string): Promise<Figure[]> {
  const server = await Server.start();
  try {
    const owner = new Api(server);
    await owner.setUp(server.setupUrl);
    const { invite } = await owner.createSession('expert');
    const starts = await repeat(STARTS, () => startMs(server));
    const idleKb = await residentKb(server);
    const pages = await repeat(PAGES, () => joinPage(server, invite.link));
    const { size } = await stat(binary);
    return [
      { what: 'Binary', value: `${(size / 1e6).toFixed(1)} MB` },
      { what: 'Process start to first answer', value: `${median(starts).toFixed(0)} ms` },
      { what: 'Memory when idle (resident)', value: `${(idleKb / 1024).toFixed(1)} MiB` },
      {
        what: 'Join page, empty cache',
        value: `${(median(pages.map(({ bytes }) => bytes)) / 1000).toFixed(1)} kB in ${median(pages.map(({ requests }) => requests))} requests`,
      },
      { what: 'Join page usable (loopback)', value: `${median(pages.map(({ ms }) => ms)).toFixed(0)} ms` },
    ];
  } finally {
    await server.dispose();
  }
}

const binary = process.argv[2];
if (binary === undefined) throw new Error('usage: bench.ts BINARY');
const rows = await figures(binary);
const machine = `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`;
process.stdout.write(
  [
    '# Performance',
    '',
    `Measured by \`./bench\` on ${machine}. Medians; other machines differ.`,
    '',
    '| what | value |',
    '| --- | --- |',
    ...rows.map(({ what, value }) => `| ${what} | ${value} |`),
    '',
  ].join('\n'),
);
