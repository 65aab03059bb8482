/**
 * A participant on an official client that is not ours, whichever the language: a process (or a page)
 * that tells what happens to it and takes orders, one JSON object a line.
 *
 * It joins, publishes the counted picture and beeps, and answers two remote procedures: `echo` gives
 * the text back in capitals, `refuse` fails with the code 1600. It leaves when there are no more orders.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Frame } from '../harness/probe.ts';

/** What is told. `from` is an identity; which fields an event has is said below. */
export interface Told {
  readonly event:
    | 'connected' // identity, sid
    | 'published' // both tracks are
    | 'joined' // from, sid
    | 'left' // from, sid
    | 'subscribed' // from, kind, is_encrypted, and what a browser was told of its mime_type
    | 'unsubscribed' // from, kind
    | 'muted' // from, kind
    | 'unmuted' // from, kind
    | 'described' // from, name, metadata, attributes
    | 'sent' // at_ms, counter: every tenth own frame
    | 'video' // from, at_ms, width, and the counter where the client decodes: each received frame
    | 'audio' // from, and frequency_hz, level_db where the client decodes
    | 'voice' // from, levels_db: of a steady voice in each ten milliseconds, if it was asked for
    | 'data' // from, topic, text
    | 'text' // from, text: a text stream to its end
    | 'bytes' // from, name, size, sha256: a byte stream to its end
    | 'called' // from, topic, text
    | 'reconnecting'
    | 'reconnected' // sid
    | 'disconnected' // reason
    | 'done' // id, text: an order was carried out
    | 'failed'; // id, text: an order could not be carried out
  readonly id?: number;
  readonly from?: string | null;
  readonly identity?: string;
  readonly sid?: string;
  readonly kind?: Kind;
  readonly is_encrypted?: boolean;
  readonly mime_type?: string;
  readonly name?: string;
  readonly metadata?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly at_ms?: number;
  readonly counter?: number;
  readonly width?: number;
  readonly frequency_hz?: number;
  readonly level_db?: number;
  readonly levels_db?: readonly number[];
  readonly topic?: string;
  readonly text?: string | null;
  readonly size?: number;
  readonly sha256?: string;
  readonly reason?: string;
}

export type Kind = 'video' | 'audio';

export type Order =
  | { order: 'data'; topic: string; text: string; reliable: boolean; to?: readonly string[] }
  | { order: 'call'; topic: string; text: string; to: readonly [string] }
  | { order: 'text'; text: string; to?: readonly string[] }
  | { order: 'bytes'; name: string; size: number; to?: readonly string[] }
  | { order: 'mute' | 'unmute'; kind: Kind }
  // Of every picture that it receives.
  | { order: 'quality'; quality: 'low' | 'high' }
  // Every picture that wide on the page: browsers only.
  | { order: 'show'; width: number }
  | { order: 'describe'; name: string; metadata: string; attributes: Readonly<Record<string, string>> };

export interface Joining {
  /** Of the signalling: `ws://…`. */
  readonly url: string;
  readonly token: string;
  /** Two peer connections instead of one, for clients that can do both. */
  readonly isDual?: boolean;
  /** The shared key of end-to-end encryption. */
  readonly key?: string;
  /** Publishes its picture in layers: the Go client. Browsers always do. */
  readonly hasLayers?: boolean;
}

/** What a test sees of any client. */
export abstract class ForeignParticipant {
  readonly told: Told[] = [];
  #lastOrder = 0;

  /** What it said when something went wrong. */
  abstract get complaints(): string;
  abstract leave(): Promise<void>;
  protected abstract pass(id: number, order: Order): void;

  of(event: Told['event']): Told[] {
    return this.told.filter((one) => one.event === event);
  }

  /** The newest of its kind, or nothing. */
  last(event: Told['event']): Told | undefined {
    return this.told.findLast((one) => one.event === event);
  }

  get identity(): string {
    const identity = this.last('connected')?.identity;
    if (identity === undefined) throw new Error(`not connected: ${this.complaints}`);
    return identity;
  }

  frames(event: 'sent' | 'video', from?: string): Frame[] {
    return this.of(event).flatMap((one) =>
      one.at_ms === undefined || one.counter === undefined || (from !== undefined && one.from !== from)
        ? []
        : [{ atMs: one.at_ms, counter: one.counter }],
    );
  }

  /** Returns what the order brought, or throws what went wrong. */
  async order(order: Order): Promise<string | null> {
    const id = (this.#lastOrder += 1);
    this.pass(id, order);
    const deadline = Date.now() + ORDER_MS;
    for (;;) {
      const answer = this.told.find((one) => one.id === id);
      if (answer?.event === 'done') return answer.text ?? null;
      if (answer?.event === 'failed') throw new Error(answer.text ?? 'failed');
      if (Date.now() > deadline) throw new Error(`${order.order} was not answered: ${this.complaints}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** A participant in a process of its own. */
export class ParticipantProcess extends ForeignParticipant {
  complaints = '';
  readonly #process: ChildProcessWithoutNullStreams;

  constructor(command: readonly string[], joining: Joining) {
    super();
    const [program = '', ...rest] = command;
    this.#process = spawn(program, [
      ...rest,
      ...['--url', joining.url],
      ...['--token', joining.token],
      ...(joining.isDual ? ['--dual'] : []),
      ...(joining.key === undefined ? [] : ['--key', joining.key]),
      ...(joining.hasLayers ? ['--layers'] : []),
    ]);
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#hear(line));
    this.#process.stderr.on('data', (chunk: Buffer) => (this.complaints += chunk.toString()));
    this.#process.on('error', (error) => (this.complaints += String(error)));
    // A process that has died takes no orders; that shows when its answer is waited for.
    this.#process.stdin.on('error', (error) => (this.complaints += String(error)));
  }

  async leave(): Promise<void> {
    const code = this.#process.exitCode ?? (await this.#end());
    if (code !== 0) throw new Error(`the participant ended with ${code}: ${this.complaints}`);
  }

  /** Without a word to anybody. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  protected pass(id: number, order: Order): void {
    this.#process.stdin.write(`${JSON.stringify({ ...order, id })}\n`);
  }

  async #end(): Promise<number | null> {
    const exit = once(this.#process, 'exit');
    this.#process.stdin.end();
    const tooLong = setTimeout(() => this.#process.kill('SIGKILL'), LEAVE_MS);
    const [code] = await exit;
    clearTimeout(tooLong);
    return code;
  }

  /** Clients print what they like; what is not told is a complaint. */
  #hear(line: string): void {
    if (line.startsWith('{"event":')) this.told.push(JSON.parse(line));
    else this.complaints += `${line}\n`;
  }
}

const ORDER_MS = 20_000;
const LEAVE_MS = 15_000;

/** The SHA-256 of the bytes that a participant sends when ordered to send so many. */
export function sha256OfBytes(size: number): string {
  return createHash('sha256')
    .update(Uint8Array.from({ length: size }, (_, at) => (at * 7) % 251))
    .digest('hex');
}
