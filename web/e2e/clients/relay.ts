/** What lies between clients and the server's media port, and breaks on demand. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';

/** Carries datagrams between clients and a server's port; both ends use the same port number. */
export class UdpRelay {
  /** Of `127.0.0.0/8`, which is all ours: what the server must say its address is. */
  static readonly ADDRESS = '127.0.0.2';
  /** While it is, every datagram is lost. */
  isCut = false;
  readonly #port: number;
  readonly #door: UdpSocket;
  readonly #ways = new Map<string, UdpSocket>();

  private constructor(door: UdpSocket, port: number) {
    this.#door = door;
    this.#port = port;
    door.on('message', (datagram, { address, port: from }) => {
      if (this.isCut) return;
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
      if (!this.isCut) this.#door.send(datagram, port, address);
    });
    this.#ways.set(key, way);
    return way;
  }
}
