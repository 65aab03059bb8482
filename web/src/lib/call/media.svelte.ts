//! Sound and picture of a session: enters the media room and comes back by itself until told to stop.
//!
//! 1. Ask the API for a token, load the media library, enter the room, send what the devices give.
//! 2. A short interruption is repaired inside the room (`reconnecting`, then `connected` again).
//! 3. When the room is lost for any other reason than being removed, the session's end, or another window
//!    taking the place, start again at 1 with `Reconnect`'s waits: a restarted server needs no click.
//!
//! Invariant: at most one room is entered; what an older one still tells is not heard.

import type { MintedRtcToken } from '#lib/api/schema.ts';
import { isProblem } from '#lib/api/problem.ts';
import { loadPart } from '#lib/browser/upgrade.ts';

import type { DeviceKind } from './device-problem.ts';
import { figuresBetween, qualityOf, type LinkCounters, type Quality } from './quality.ts';
import { Reconnect } from './reconnect.ts';

export type EndReason = 'removed' | 'session-ended' | 'elsewhere' | 'lost';
export type MediaClosed = Exclude<EndReason, 'lost'> | 'session-full' | 'seat-needed' | 'left';

/** A picture or a sound of another participant. */
export interface RemoteMedia {
  /** As the media server calls it; what a pointer refers to. */
  id: string;
  participant: string;
  kind: 'video' | 'audio';
  stream: MediaStreamTrack;
  /** Plays it in the element; the answer undoes that. */
  attach: (element: HTMLMediaElement) => () => void;
}

export interface RoomView {
  media: readonly RemoteMedia[];
  ownVideo: string | null;
  speaking: ReadonlySet<string>;
  isAudioBlocked: boolean;
}

export interface RoomEvents {
  changed: (view: RoomView) => void;
  reconnecting: () => void;
  reconnected: () => void;
  message: (topic: string, from: string, bytes: Uint8Array) => void;
  publishFailed: (kind: DeviceKind) => void;
  ended: (reason: EndReason) => void;
}

/** What this needs of an entered room; see rtc-room.ts. */
export interface RtcRoom {
  setTrack: (kind: DeviceKind, track: MediaStreamTrack | null) => void;
  send: (topic: string, bytes: Uint8Array<ArrayBuffer>) => void;
  startAudio: () => Promise<void>;
  counters: () => Promise<LinkCounters>;
  leave: () => void;
}

export interface MediaOptions {
  token: () => Promise<MintedRtcToken>;
  heard: (topic: string, from: string, bytes: Uint8Array) => void;
  /** The room is left for good. */
  closed?: () => void;
  enter?: (url: string, token: string, events: RoomEvents) => Promise<RtcRoom>;
}

export class Media {
  state = $state<'connecting' | 'connected' | 'reconnecting' | 'closed'>('connecting');
  closedBy = $state<MediaClosed | null>(null);
  view = $state.raw<RoomView>(NOTHING);
  quality = $state<Quality | null>(null);

  readonly #options: MediaOptions;
  readonly #reconnect = new Reconnect(() => void this.#enter());
  readonly #wanted: Record<DeviceKind, MediaStreamTrack | null> = { camera: null, microphone: null };
  #room: RtcRoom | null = null;
  #enteredAt = 0;
  /** Counts entries: a late answer of an older one is dropped. */
  #entry = 0;
  #counters: LinkCounters | null = null;
  #sampling: ReturnType<typeof setInterval> | undefined;

  constructor(options: MediaOptions) {
    this.#options = options;
  }

  start(): void {
    this.#reconnect.start();
  }

  nudge(): void {
    this.#reconnect.nudge();
  }

  /** A room entered before `since` is known to be gone: do not wait for the library to notice. */
  enterAnew(since: number): void {
    if (this.#room === null || this.#enteredAt > since) return;
    this.#lost();
    this.#reconnect.nudge();
  }

  close(reason: MediaClosed): void {
    if (this.state === 'closed') return;
    this.#reconnect.stop();
    this.#drop();
    this.state = 'closed';
    this.closedBy = reason;
    this.#options.closed?.();
    this.view = NOTHING;
  }

  /** What others see and hear of this device; null while it is off. */
  setTrack(kind: DeviceKind, track: MediaStreamTrack | null): void {
    if (this.#wanted[kind] === track) return;
    this.#wanted[kind] = track;
    this.#room?.setTrack(kind, track);
  }

  send(topic: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#room?.send(topic, bytes);
  }

  /** To be called from a click: browsers may not play sound before one. */
  async startAudio(): Promise<void> {
    await this.#room?.startAudio();
  }

  async #enter(): Promise<void> {
    const entry = ++this.#entry;
    const isCurrent = () => entry === this.#entry;
    try {
      const { enter = enterRtcRoom, token } = this.#options;
      const access = await token();
      if (!isCurrent()) return;
      const room = await enter(access.url ?? sameHost(), access.token, this.#listen(isCurrent));
      if (!isCurrent()) return room.leave();
      this.#entered(room);
    } catch (error) {
      if (isCurrent()) this.#refused(error);
    }
  }

  #entered(room: RtcRoom): void {
    this.#room = room;
    this.#enteredAt = performance.now();
    this.#reconnect.connected();
    this.state = 'connected';
    for (const kind of ['microphone', 'camera'] as const) {
      const track = this.#wanted[kind];
      if (track) room.setTrack(kind, track);
    }
    this.#sampling = setInterval(() => void this.#sample(room), SAMPLE_MS);
  }

  #refused(error: unknown): void {
    if (isProblem(error, 'session-ended', 'not-found')) this.close('session-ended');
    else if (isProblem(error, 'session-full')) this.close('session-full');
    else if (isProblem(error, 'seat-needed', 'not-signed-in')) this.close('seat-needed');
    else this.#lost();
  }

  #listen(isCurrent: () => boolean): RoomEvents {
    return {
      changed: (view) => {
        if (isCurrent()) this.view = view;
      },
      reconnecting: () => {
        if (isCurrent() && this.#room) this.state = 'reconnecting';
      },
      reconnected: () => {
        if (isCurrent()) this.state = 'connected';
      },
      message: (topic, from, bytes) => {
        if (isCurrent()) this.#options.heard(topic, from, bytes);
      },
      publishFailed: () => {
        if (isCurrent()) this.#lost();
      },
      ended: (reason) => {
        if (!isCurrent()) return;
        if (reason === 'lost') this.#lost();
        else this.close(reason);
      },
    };
  }

  #lost(): void {
    this.#drop();
    // Others' last pictures stay on the screen: the view is replaced when the next room tells its own.
    if (this.state !== 'connecting') this.state = 'reconnecting';
    this.#reconnect.lost();
  }

  #drop(): void {
    this.#entry += 1;
    clearInterval(this.#sampling);
    this.#counters = null;
    this.quality = null;
    this.#room?.leave();
    this.#room = null;
  }

  async #sample(room: RtcRoom): Promise<void> {
    const counters = await room.counters();
    if (room !== this.#room) return;
    this.quality = qualityOf(figuresBetween(this.#counters, counters));
    this.#counters = counters;
  }
}

async function enterRtcRoom(url: string, token: string, events: RoomEvents): Promise<RtcRoom> {
  const { enter } = await loadPart(() => import('./rtc-room.ts'));
  return enter(url, token, events);
}

function sameHost(): string {
  return location.origin.replace(/^http/, 'ws');
}

const NOTHING: RoomView = { media: [], ownVideo: null, speaking: new Set(), isAudioBlocked: false };
const SAMPLE_MS = 3_000;
