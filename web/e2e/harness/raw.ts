/**
 * Requests that no browser would send: from any loopback address, with any body, and WebSockets that
 * send what they like and read when they like.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';

import type { Server } from './server.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The address it comes from: all of 127.0.0.0/8 is ours. */
  readonly from?: string;
}

export async function ask(
  server: Pick<Server, 'httpPort' | 'url'>,
  { from, body, ...rest }: Ask,
): Promise<Answer> {
  const outgoing = request({
    host: '127.0.0.1',
    port: server.httpPort,
    method: rest.method,
    path: rest.path,
    headers: { origin: server.url, 'content-type': 'application/json', ...rest.headers },
    ...(from === undefined ? {} : { localAddress: from }),
  });
  outgoing.end(body);
  const [incoming] = await once(outgoing, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    text: Buffer.concat(chunks).toString(),
  };
}

export interface Close {
  readonly code: number | null;
  readonly reason: string;
}

/** A WebSocket by hand (RFC 6455). Reads only between `read` and `stopReading`. */
export class RawWebSocket {
  readonly messages: (string | Buffer)[] = [];
  readonly closed: Promise<Close>;
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #close: Close = { code: null, reason: '' };

  private constructor(socket: Socket, first: Buffer) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve(this.#close));
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#take(first);
  }

  /** Upgrades, or throws with the status line when the server refuses. */
  static async open(
    server: Pick<Server, 'httpPort' | 'url'>,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<RawWebSocket> {
    const socket = connect(server.httpPort, '127.0.0.1');
    await once(socket, 'connect');
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${new URL(server.url).host}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...Object.entries({ Origin: server.url, ...headers }).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    let head: Buffer = Buffer.alloc(0);
    while (!head.includes('\r\n\r\n')) {
      const [chunk] = await once(socket, 'data');
      head = Buffer.concat([head, chunk]);
    }
    const end = head.indexOf('\r\n\r\n');
    const status = head.subarray(0, head.indexOf('\r\n')).toString();
    if (!status.includes(' 101 ')) {
      socket.destroy();
      throw new Error(status);
    }
    return new RawWebSocket(socket, head.subarray(end + 4));
  }

  /** Whether the server still holds its end: a client that does not read cannot see a close. */
  async isOpenAtServer(): Promise<boolean> {
    const pair = [this.#socket.remotePort, this.#socket.localPort].map(
      (port = 0) => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`,
    );
    const established = ` ${pair.join(' ')} 01 `;
    return (await readFile('/proc/net/tcp', 'utf8')).includes(established);
  }

  send(payload: string | Buffer): void {
    this.#frame(typeof payload === 'string' ? 1 : 2, Buffer.from(payload));
  }

  /** Bytes as they are, be they a frame or not. */
  sendRaw(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  read(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroy();
  }

  #frame(opcode: number, payload: Buffer): void {
    const mask = randomBytes(4);
    const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
    const length =
      payload.length < 126
        ? Buffer.from([0x80 | payload.length])
        : payload.length < 65_536
          ? Buffer.from([0xfe, payload.length >> 8, payload.length & 0xff])
          : Buffer.concat([Buffer.from([0xff, 0, 0, 0, 0]), uint32(payload.length)]);
    this.#socket.write(Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]));
  }

  #take(chunk: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    for (let frame = this.#next(); frame !== null; frame = this.#next()) {
      const { opcode, payload } = frame;
      if (opcode === 1) this.messages.push(payload.toString());
      if (opcode === 2) this.messages.push(payload);
      if (opcode === 8) {
        const code = payload.length >= 2 ? payload.readUInt16BE(0) : null;
        this.#close = { code, reason: payload.subarray(2).toString() };
        this.#socket.end();
      }
      if (opcode === 9) this.#frame(10, payload);
    }
  }

  #next(): { opcode: number; payload: Buffer } | null {
    const bytes = this.#buffer;
    if (bytes.length < 2) return null;
    const short = bytes.readUInt8(1) & 0x7f;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (bytes.length < head) return null;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? bytes.readUInt32BE(6) : short;
    if (bytes.length < head + length) return null;
    this.#buffer = bytes.subarray(head + length);
    return { opcode: bytes.readUInt8(0) & 0xf, payload: bytes.subarray(head, head + length) };
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
