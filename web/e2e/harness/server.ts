/**
 * The real binary, started on free ports of the loopback address (or of another place) with a data
 * folder of its own.
 *
 * A server can be killed and started anew on the same ports and data. What it logs is kept; a panic
 * in the log fails the test that owns the server.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const BINARY = process.env['HELPSIGHT_E2E_BINARY'] ?? join(REPOSITORY, 'target/release/helpsight');
/** Printed once it can be used. */
const ANNOUNCEMENT = 'Helpsight is ready';
const READY_MS = 20_000;
const STOP_MS = 20_000;
/** A place with a name has the port to itself. */
const HTTPS_PORT = 443;

/** Settings by their environment names without the prefix: `{ SESSIONS__PARTICIPANTS_MAX: '2' }`. */
export type Settings = Readonly<Record<string, string>>;

/** Where a server runs, and how it is found there. */
export interface Place {
  readonly address: string;
  /** The name in its URL. A name other than the address is served with `https`. */
  readonly host: string;
  /** The command that runs another one there. */
  readonly enter: readonly string[];
}

const LOOPBACK: Place = { address: '127.0.0.1', host: '127.0.0.1', enter: [] };

export class Server {
  /** As people's browsers know it. */
  readonly url: string;
  /** The same by plain HTTP, for tests themselves. */
  readonly plainUrl: string;
  readonly dataDir: string;
  readonly httpPort: number;
  readonly mediaPort: number;
  readonly #settings: Settings;
  readonly #place: Place;
  readonly #flags: readonly string[];
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(options: {
    dataDir: string;
    httpPort: number;
    mediaPort: number;
    settings: Settings;
    place: Place;
    flags: readonly string[];
  }) {
    this.dataDir = options.dataDir;
    this.httpPort = options.httpPort;
    this.mediaPort = options.mediaPort;
    this.plainUrl = `http://${options.place.address}:${options.httpPort}`;
    this.url = isNamed(options.place) ? `https://${options.place.host}` : this.plainUrl;
    this.#settings = options.settings;
    this.#place = options.place;
    this.#flags = options.flags;
  }

  static async start(
    settings: Settings = {},
    place: Place = LOOPBACK,
    flags: readonly string[] = [],
  ): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing: cargo build --release`);
    const server = new Server({
      dataDir: await mkdtemp(join(tmpdir(), 'helpsight-e2e-')),
      httpPort: await freeTcpPort(),
      mediaPort: await freeUdpPort(),
      settings,
      place,
      flags,
    });
    await server.resume();
    return server;
  }

  /** Starts the process on the same ports and data; returns when it answers. */
  async resume(): Promise<void> {
    const environment = Object.fromEntries(
      Object.entries(this.#settings).map(([name, value]) => [`HELPSIGHT_${name}`, value]),
    );
    const { address, enter } = this.#place;
    const [command = BINARY, ...rest] = [
      ...enter,
      BINARY,
      'serve',
      ...['--data-dir', this.dataDir],
      ...['--http', `${address}:${this.httpPort}`],
      ...(isNamed(this.#place) ? ['--https', `${address}:${HTTPS_PORT}`] : []),
      ...['--public-url', this.url],
      ...this.#flags,
    ];
    const child = spawn(command, rest, {
      cwd: this.dataDir,
      env: {
        PATH: process.env['PATH'],
        RUST_BACKTRACE: '1',
        HELPSIGHT_HTTPS__LISTEN: 'off',
        HELPSIGHT_MEDIA__UDP_LISTEN: `${address}:${this.mediaPort}`,
        HELPSIGHT_MEDIA__PUBLIC_ADDRESS: address,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const keep = (chunk: Buffer): void => {
      this.#log += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    await this.#untilReady(child);
  }

  /** Asks it to stop and waits until it has. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Ends it without a chance to say good-bye. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async dispose(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** All that it printed, over all its starts. */
  get log(): string {
    return this.#log;
  }

  /** The first-run address, which the server prints until an owner exists. */
  get setupUrl(): string {
    const url = /https?:\/\/\S+\/setup#[\w-]+/.exec(this.#log)?.[0];
    if (url === undefined) throw new Error(`no set-up address was printed:\n${this.#log}`);
    return url;
  }

  /** Every file that the server wrote, as bytes. */
  async files(): Promise<Map<string, Buffer>> {
    const files = new Map<string, Buffer>();
    for (const entry of await readdir(this.dataDir, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path, await readFile(path));
    }
    return files;
  }

  async #untilReady(child: ChildProcess): Promise<void> {
    const begin = this.#log.length;
    const deadline = Date.now() + READY_MS;
    for (;;) {
      if (child.exitCode !== null) {
        throw new Error(`the server ended with ${child.exitCode}:\n${this.#log}`);
      }
      const isReady = await fetch(`${this.plainUrl}/readyz`)
        .then((answer) => answer.ok)
        .catch(() => false);
      if (isReady && this.#log.includes(ANNOUNCEMENT, begin)) return;
      if (Date.now() > deadline) throw new Error(`the server is not ready:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const tooLong = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    const [code] = await exit;
    clearTimeout(tooLong);
    if (signal === 'SIGTERM' && code === null) {
      throw new Error(`the server did not stop within ${STOP_MS} ms:\n${this.#log}`);
    }
    return code;
  }
}

function isNamed({ address, host }: Place): boolean {
  return host !== address;
}

async function freeTcpPort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  await once(listener, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
