/** What lies between a client and the server, and breaks on demand: a relay for TCP and one for UDP. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server as TcpServer, type Socket } from 'node:net';

/** Carries connections to a port of the loopback address. */
export class TcpRelay {
  readonly port: number;
  readonly #listener: TcpServer;
  readonly #sockets = new Set<Socket>();
  /** How many connections have been made so far. */
  connections = 0;
  /** What reads along with each connection's client. */
  readAlong: (() => (chunk: Buffer) => void) | undefined;

  private constructor(listener: TcpServer, port: number) {
    this.#listener = listener;
    this.port = port;
  }

  static async to(target: number): Promise<TcpRelay> {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('no TCP port');
    const relay = new TcpRelay(listener, address.port);
    listener.on('connection', (client) => relay.#carry(client, target));
    return relay;
  }

  /** Every connection breaks, without a word. New ones are carried. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.#listener.close();
    this.cut();
  }

  #carry(client: Socket, target: number): void {
    this.connections += 1;
    const server = connect(target, '127.0.0.1');
    const read = this.readAlong?.();
    if (read !== undefined) client.on('data', read);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}

/** Carries datagrams between clients and a server's port; both ends use the same port number. */
export class UdpRelay {
  /** Of `127.0.0.0/8`, which is all ours: what the server must say its address is. */
  static readonly ADDRESS = '127.0.0.2';
  /** While it is, every datagram is lost. */
  isCut = false;
  readonly #port: number;
  readonly #door: UdpSocket;
  readonly #ways = new Map<string, UdpSocket>();
  /** Checks of ICE that clients have asked for, by transaction: the user name of each. */
  readonly #asked = new Map<string, string>();
  /** User names (`ours:theirs`) whose checks the server has answered. */
  readonly answered = new Set<string>();

  private constructor(door: UdpSocket, port: number) {
    this.#door = door;
    this.#port = port;
    door.on('message', (datagram, { address, port: from }) => {
      if (this.isCut) return;
      const check = bindingOf(datagram);
      if (check?.userName !== undefined) this.#asked.set(check.transaction, check.userName);
      this.#way(address, from).send(datagram, this.#port, '127.0.0.1');
    });
  }

  static async to(port: number): Promise<UdpRelay> {
    const door = createSocket('udp4').bind(port, UdpRelay.ADDRESS);
    await once(door, 'listening');
    return new UdpRelay(door, port);
  }

  close(): void {
    for (const way of this.#ways.values()) way.close();
    this.#door.close();
  }

  /** One socket towards the server for each client, so that the server can tell them apart. */
  #way(address: string, port: number): UdpSocket {
    const key = `${address}:${port}`;
    const known = this.#ways.get(key);
    if (known !== undefined) return known;
    const way = createSocket('udp4');
    way.on('message', (datagram) => {
      if (this.isCut) return;
      const asked = this.#asked.get(bindingOf(datagram)?.transaction ?? '');
      if (asked !== undefined) this.answered.add(asked);
      this.#door.send(datagram, port, address);
    });
    this.#ways.set(key, way);
    return way;
  }
}

/** A STUN binding request or its success (RFC 8489 §5), or nothing. */
function bindingOf(datagram: Buffer): { transaction: string; userName: string | undefined } | undefined {
  if (datagram.length < 20 || datagram.readUInt32BE(4) !== 0x2112a442) return undefined;
  const type = datagram.readUInt16BE(0);
  if (type !== 0x0001 && type !== 0x0101) return undefined;
  const transaction = datagram.toString('hex', 8, 20);
  for (let at = 20; at + 4 <= datagram.length;) {
    const length = datagram.readUInt16BE(at + 2);
    if (datagram.readUInt16BE(at) === 0x0006) {
      return { transaction, userName: datagram.toString('utf8', at + 4, at + 4 + length) };
    }
    at += 4 + Math.ceil(length / 4) * 4;
  }
  return { transaction, userName: undefined };
}
