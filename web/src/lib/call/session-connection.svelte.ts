//! The WebSocket that carries a session's log to this page, kept open until the session is left.
//!
//! 1. Connect with the number of the last event that is known; the server answers with a snapshot and with
//!    every event after it, of very many only the latest.
//! 2. Ask for a sign of life every 20 s. Silence for 45 s counts as a lost connection.
//! 3. A lost connection, a gap in the numbers or a stopping server: connect again, with `Reconnect`'s waits.
//! 4. Removed, signed out, account switched off, no seat, session gone: closed for good, with the reason.

import type { Session, SessionEvent } from '#lib/api/schema.ts';

import { Reconnect } from './reconnect.ts';
import { readEventsUpTo } from './requests.ts';
import { apply, emptyLog, lastSeq, parseLiveMessage, withEarlier, type SessionLog } from './session-log.ts';
import { openSocket, type Socket } from './socket.ts';

export interface SessionConnectionOptions {
  sessionId: string;
  /** Called for each event that happens while this page looks, in order. */
  happened: (event: SessionEvent) => void;
  /** Called when the connection is back; `lostAt` is when it broke, on the page's monotonic clock. */
  returned?: (lostAt: number) => void;
  /** Called after each failure in a row, so that the caller can find out whether trying is of use. */
  failed?: (failures: number) => void;
  open?: typeof openSocket;
}

export type SessionClosed = 'removed' | 'signed-out' | 'account-off' | 'seat-needed' | 'gone' | 'left';

export class SessionConnection {
  log = $state.raw<SessionLog>(emptyLog);
  state = $state<'connecting' | 'open' | 'reconnecting' | 'closed'>('connecting');
  isServerStopping = $state(false);
  closedBy = $state<SessionClosed | null>(null);

  readonly #options: SessionConnectionOptions;
  readonly #reconnect = new Reconnect(() => this.#connect());
  #socket: Socket | null = null;
  #lostAt: number | null = null;
  #ping: ReturnType<typeof setInterval> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SessionConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reconnect.start();
  }

  /** The network is back or the page is visible again: do not wait any longer. */
  nudge(): void {
    this.#reconnect.nudge();
  }

  /** Takes what an answer of the API said already, ahead of the same news on the socket. */
  renew(session: Session): void {
    this.log = { ...this.log, session };
  }

  /** Fetches some of what happened before the log's first event. */
  async loadEarlier(): Promise<void> {
    const earlier = await readEventsUpTo(this.#options.sessionId, this.log.startsAfter);
    this.log = withEarlier(this.log, earlier);
  }

  close(reason: SessionClosed): void {
    if (this.state === 'closed') return;
    this.#reconnect.stop();
    this.#drop();
    this.state = 'closed';
    this.closedBy = reason;
  }

  #connect(): void {
    const { sessionId, open = openSocket } = this.#options;
    this.#expectMessage();
    this.#socket = open(
      `/api/v1/sessions/${encodeURIComponent(sessionId)}/live?after=${lastSeq(this.log)}&latest=${EVENTS_AT_ONCE}`,
      {
        message: (text) => this.#receive(text),
        closed: (code) => this.#closed(code),
      },
    );
    this.#ping = setInterval(() => this.#socket?.send('{"type":"ping"}'), PING_MS);
  }

  #receive(text: string): void {
    this.#expectMessage();
    const message = parseLiveMessage(text);
    if (message === null) return;
    const { log, outcome } = apply(this.log, message);
    this.log = log;
    if (message.type === 'snapshot') this.#opened();
    if (message.type === 'stopping') this.isServerStopping = true;
    if (outcome.name === 'gap') this.#lost();
    if (outcome.name === 'happened') this.#options.happened(outcome.event);
  }

  #opened(): void {
    this.#reconnect.connected();
    this.state = 'open';
    this.isServerStopping = false;
    if (this.#lostAt !== null) this.#options.returned?.(this.#lostAt);
    this.#lostAt = null;
  }

  #closed(code: number): void {
    switch (code) {
      case 4001:
        return this.close('removed');
      case 4002:
        return this.close('signed-out');
      case 4003:
        return this.close('account-off');
      case 4009:
        return this.close('gone');
      case 1001:
        this.isServerStopping = true;
        return this.#lost();
      default:
        return this.#lost();
    }
  }

  #lost(): void {
    this.#drop();
    this.state = 'reconnecting';
    this.#lostAt ??= performance.now();
    this.#reconnect.lost();
    this.#options.failed?.(this.#reconnect.failures);
  }

  #expectMessage(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  #drop(): void {
    clearInterval(this.#ping);
    clearTimeout(this.#silence);
    this.#socket?.close();
    this.#socket = null;
  }
}

/** A session that goes on for weeks has thousands. */
const EVENTS_AT_ONCE = 200;
const PING_MS = 20_000;
const SILENCE_MS = 45_000;
