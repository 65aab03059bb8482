/**
 * Keeps the session descriptions that clients send, as seeds for whoever reads such descriptions.
 *
 * With `HELPSIGHT_E2E_KEEP_OFFERS` set to a folder, every client's signalling goes through a relay that
 * reads along, and each description becomes a file there without what tells of a person or a machine:
 * addresses, credentials, fingerprints and made-up names become others of the same form.
 */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import {
  JoinRequest,
  SignalRequest,
  WrappedJoinRequest,
  WrappedJoinRequest_Compression,
} from '@livekit/protocol';

export const OFFERS_FOLDER = process.env['HELPSIGHT_E2E_KEEP_OFFERS'];

interface Description {
  readonly type: string;
  readonly sdp: string;
}

/** Reads along with what one client sends on one connection: an upgrade (RFC 6455 §4), then frames. */
export class OfferReader {
  readonly #label: string;
  #unread = Buffer.alloc(0);
  #isUpgraded = false;
  #message = Buffer.alloc(0);

  constructor(label: string) {
    this.#label = label;
  }

  async read(chunk: Buffer): Promise<void> {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    const found = [...this.#take()];
    for (const description of found) await keep(this.#label, description);
  }

  *#take(): Generator<Description> {
    if (!this.#isUpgraded) {
      const end = this.#unread.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.#unread.toString('latin1', 0, end);
      this.#unread = this.#unread.subarray(end + 4);
      this.#isUpgraded = /^upgrade: websocket/im.test(head);
      if (!this.#isUpgraded) return;
      yield* joinedWith(head);
    }
    for (let frame = this.#frame(); frame !== undefined; frame = this.#frame()) {
      this.#message = Buffer.concat([this.#message, frame.payload]);
      if (!frame.isLast) continue;
      if (frame.isMessage) yield* said(this.#message);
      this.#message = Buffer.alloc(0);
    }
  }

  /** RFC 6455 §5.2. */
  #frame(): { payload: Buffer; isLast: boolean; isMessage: boolean } | undefined {
    const bytes = this.#unread;
    if (bytes.length < 2) return undefined;
    const short = bytes.readUInt8(1) & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const begin = 2 + lengthBytes + 4;
    if (bytes.length < begin) return undefined;
    const length =
      lengthBytes === 0
        ? short
        : bytes.readUIntBE(2 + Math.max(0, lengthBytes - 6), Math.min(lengthBytes, 6));
    if (bytes.length < begin + length) return undefined;
    const mask = bytes.subarray(begin - 4, begin);
    const payload = Buffer.from(
      bytes.subarray(begin, begin + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)),
    );
    this.#unread = bytes.subarray(begin + length);
    const first = bytes.readUInt8(0);
    return { payload, isLast: (first & 0x80) !== 0, isMessage: (first & 0x0f) < 8 };
  }
}

/** In the address of the upgrade. */
function* joinedWith(head: string): Generator<Description> {
  const address = head.split(' ')[1] ?? '/';
  const request = new URL(address, 'ws://nowhere').searchParams.get('join_request');
  if (request === null) return;
  const { compression, joinRequest } = WrappedJoinRequest.fromBinary(Buffer.from(request, 'base64url'));
  const isPacked = compression === WrappedJoinRequest_Compression.GZIP;
  const { publisherOffer } = JoinRequest.fromBinary(isPacked ? gunzipSync(joinRequest) : joinRequest);
  if (publisherOffer !== undefined) yield { type: 'join', sdp: publisherOffer.sdp };
}

function* said(message: Buffer): Generator<Description> {
  const { message: asked } = SignalRequest.fromBinary(message);
  if (asked.case === 'offer' || asked.case === 'answer') yield { type: asked.case, sdp: asked.value.sdp };
}

/** As many as there are different ones, numbered in the order in which they came. */
const kept = new Map<string, Set<string>>();

export async function keep(label: string, { type, sdp }: Description): Promise<void> {
  if (OFFERS_FOLDER === undefined) return;
  const name = `${label}-${type}`;
  const known = kept.get(name) ?? new Set();
  kept.set(name, known);
  const text = withoutTraces(sdp);
  if (known.has(text)) return;
  known.add(text);
  await mkdir(OFFERS_FOLDER, { recursive: true });
  await writeFile(join(OFFERS_FOLDER, `${name}-${known.size}.sdp`), text);
}

function withoutTraces(sdp: string): string {
  const other = (text: string, encoding: 'hex' | 'base64'): string =>
    createHash('sha512').update(text).digest(encoding);
  return sdp
    .replace(/^a=(candidate|end-of-candidates).*\r?\n/gm, '')
    .replace(/^(o=\S+ )\d+/m, '$17303177782052764283')
    .replace(/(IN IP4) (?!0\.0\.0\.0|127\.)[\d.]+/g, '$1 192.0.2.1')
    .replace(/(IN IP6) (?!::1?\b)[\da-f:]+/g, '$1 2001:db8::1')
    .replace(
      /^(a=ice-(?:ufrag|pwd):)(\S+)/gm,
      (_, name, text) => name + other(text, 'base64').slice(0, text.length),
    )
    .replace(/^(a=fingerprint:\S+ )(\S+)/gm, (_, name, text) => {
      const digits = other(text, 'hex').toUpperCase().slice(0, text.replaceAll(':', '').length);
      return name + (digits.match(/../g) ?? []).join(':');
    });
}
