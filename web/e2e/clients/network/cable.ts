/** The cable between the server and the host "narrow" of `scripts/in-network.sh`, to be made worse. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A Chromium at its far end. */
export const NARROW_CHROMIUM = fileURLToPath(new URL('narrow-chromium.sh', import.meta.url));

const run = promisify(execFile);
/** How long a datagram waits at most to be sent. */
const QUEUE_MS = 300;
/** One datagram and a half. */
const BURST_BYTES = 2_250;

/** What comes from the server carries no more than that. */
export async function shape(kbps: number): Promise<void> {
  await on('server', 'tc', 'qdisc', 'replace', 'dev', 'narrow', 'root', 'tbf', [
    ...['rate', `${kbps}kbit`, 'burst', String(BURST_BYTES), 'latency', `${QUEUE_MS}ms`],
  ]);
}

/** That share of the datagrams from the server is lost. */
export async function lose(percent: number): Promise<void> {
  await on('narrow', 'nft', 'add', 'table', 'ip', 'cable', []);
  await on('narrow', 'nft', 'add', 'chain', 'ip', 'cable', 'down', [
    '{ type filter hook input priority 0; }',
  ]);
  await on('narrow', 'nft', 'add', 'rule', 'ip', 'cable', 'down', [
    ...['ip', 'protocol', 'udp', 'numgen', 'random', 'mod', '100', '<', String(percent), 'drop'],
  ]);
}

/** As it was in the beginning. */
export async function mend(): Promise<void> {
  // What was never made worse has nothing to take away.
  await on('server', 'tc', 'qdisc', 'replace', 'dev', 'narrow', 'root', 'pfifo', []);
  await on('narrow', 'nft', 'flush', 'ruleset', []);
}

async function on(host: 'server' | 'narrow', ...given: [...string[], readonly string[]]): Promise<void> {
  const words = given.flat();
  await run('ip', ['netns', 'exec', host, ...words]);
}
