//! A live session as one model: the log, the media, the devices and the pointers, for the screen to show.
//!
//! Flow: the log says who is here and what happened, the room carries sound and picture, the devices feed
//! it. Each comes back by itself; the first of them that is closed for good closes all.

import { SvelteSet } from 'svelte/reactivity';

import type { SessionEvent } from '#lib/api/schema.ts';
import { isProblem } from '#lib/api/problem.ts';

import { reasonToClose } from './closing.ts';
import { Devices, keepChoice } from './devices.svelte.ts';
import { Media, type MediaClosed, type MediaOptions } from './media.svelte.ts';
import { nameIn, peopleOf, type Person } from './people.ts';
import type { Point } from './picture.ts';
import {
  encodePointer,
  parsePointer,
  POINTER_TOPIC,
  PointerBoard,
  PointerSender,
  type Pointing,
} from './pointer.ts';
import { readPlace, requestRtcToken } from './requests.ts';
import { SessionConnection, type SessionClosed } from './session-connection.svelte.ts';
import { chooseStage } from './stage.ts';
import { lastGone, togetherSince } from './together.ts';

export type CallClosed = MediaClosed | SessionClosed;

export interface CallOptions {
  sessionId: string;
  devices: Devices;
  /** Called for each event that happens in front of the person. */
  happened: (event: SessionEvent) => void;
  enter?: MediaOptions['enter'];
}

export class Call {
  readonly sessionId: string;
  readonly devices: Devices;
  readonly connection: SessionConnection;
  readonly media: Media;

  pointings = $state.raw<readonly Pointing[]>([]);
  /** Whom the person has put on their own stage. */
  chosenId = $state<string | null>(null);

  readonly #seen = new SvelteSet<string>();

  /** Whether the log had time to say why the room let go. */
  #hasWaited = $state(false);

  readonly #people = $derived.by(() => peopleOf(this.connection.log, this.media.view, this.devices));
  readonly #onStage = $derived.by(() => {
    const seen = this.#people.map((person) => ({
      id: person.id,
      role: person.participant.role,
      isYou: person.isYou,
      hasPicture: person.picture !== null,
    }));
    const id = chooseStage(seen, this.chosenId);
    return this.#people.find((person) => person.id === id) ?? null;
  });

  readonly #board = new PointerBoard((shown) => (this.pointings = shown));
  readonly #sender = new PointerSender((message) => {
    this.media.send(POINTER_TOPIC, encodePointer(message));
    // The own pointer shows at once: a finger hides no cursor, but the place under it.
    const you = this.connection.log.you;
    if (you !== null) this.#board.receive(you, message);
  });

  constructor({ sessionId, devices, happened, enter }: CallOptions) {
    this.sessionId = sessionId;
    this.devices = devices;
    this.connection = new SessionConnection({
      sessionId,
      happened,
      returned: (lostAt) => this.#returned(lostAt),
      failed: (failures) => {
        if (failures === ASK_AFTER_FAILURES) void this.#askForSeat();
      },
    });
    this.media = new Media({
      token: () => requestRtcToken(sessionId),
      heard: (topic, from, bytes) => this.#heard(topic, from, bytes),
      closed: () => setTimeout(() => (this.#hasWaited = true), LOG_SAYS_WHY_MS),
      ...(enter ? { enter } : {}),
    });
  }

  get people(): readonly Person[] {
    return this.#people;
  }

  get you(): Person | null {
    return this.#people.find(({ isYou }) => isYou) ?? null;
  }

  get onStage(): Person | null {
    return this.#onStage;
  }

  /** Who went last, when that is the last that anybody else did. */
  get missed(): { name: string; isLost: boolean } | null {
    return lastGone(this.connection.log);
  }

  get startedAt(): number | null {
    return togetherSince(this.connection.log);
  }

  /** Whose camera was on before in this call, in the order of the people who are here. */
  get turnedOff(): Person | null {
    const others = this.#people.filter(({ isYou, picture }) => !isYou && picture === null);
    const seen = others.filter(({ id }) => this.#seen.has(id));
    return seen.find(({ participant }) => participant.role === 'assisted') ?? seen[0] ?? null;
  }

  /** Remembers whose picture shows; to be called whenever that may have changed. */
  noteSeen(): void {
    for (const { id, picture } of this.#people) if (picture !== null) this.#seen.add(id);
  }

  nameOf(participantId: string | null): string {
    return nameIn(this.connection.log, participantId);
  }

  get state(): 'connecting' | 'live' | 'reconnecting' | 'closed' {
    const { connection, media } = this;
    if (this.closedBy !== null) return 'closed';
    if (connection.state === 'reconnecting' || media.state === 'reconnecting') return 'reconnecting';
    return connection.state === 'open' && media.state === 'connected' ? 'live' : 'connecting';
  }

  get closedBy(): CallClosed | null {
    const { connection, media } = this;
    if (connection.log.session?.state === 'ended') return 'session-ended';
    return reasonToClose(media.closedBy, connection.closedBy, this.#hasWaited);
  }

  start(): void {
    this.connection.start();
    this.media.start();
  }

  /** Ends everything and lets go of the devices. */
  close(reason: 'left' | CallClosed): void {
    this.pointOff();
    this.#board.clear();
    this.media.close(isMediaReason(reason) ? reason : 'left');
    this.connection.close(isSessionReason(reason) ? reason : 'left');
    this.devices.close();
  }

  /** Sends what the devices give; to be called whenever that may have changed. */
  sendDevices(): void {
    this.media.setTrack('camera', this.devices.camera.sent);
    this.media.setTrack('microphone', this.devices.microphone.sent);
    keepChoice(this.sessionId, this.devices.choice);
  }

  /** The network is back or the page is looked at again. */
  nudge(): void {
    this.connection.nudge();
    this.media.nudge();
  }

  pointAt(point: Point): void {
    const track = this.onStage?.picture?.id;
    if (track) this.#sender.point(track, point);
  }

  pointOff(): void {
    this.#sender.off();
  }

  /** Nobody who is gone goes on pointing. */
  forgetPointer(participantId: string): void {
    this.#board.remove(participantId);
  }

  #heard(topic: string, from: string, bytes: Uint8Array): void {
    if (topic !== POINTER_TOPIC) return;
    const message = parsePointer(bytes);
    if (message) this.#board.receive(from, message);
  }

  /** A server that has started anew knows nothing of the room that we are in. */
  #returned(lostAt: number): void {
    const { participants, you } = this.connection.log;
    const isKnown = participants.some(({ id, is_present }) => id === you && is_present);
    if (!isKnown) this.media.enterAnew(lostAt);
  }

  /** A refused WebSocket does not say why; the API does. */
  async #askForSeat(): Promise<void> {
    try {
      await readPlace(this.sessionId);
    } catch (error) {
      if (isProblem(error, 'seat-needed', 'not-signed-in')) this.connection.close('seat-needed');
      else if (isProblem(error, 'not-found')) this.connection.close('gone');
    }
  }
}

function isMediaReason(reason: CallClosed): reason is MediaClosed {
  return reason !== 'gone' && reason !== 'signed-out' && reason !== 'account-off';
}

function isSessionReason(reason: CallClosed): reason is SessionClosed {
  return (
    reason === 'removed' ||
    reason === 'signed-out' ||
    reason === 'account-off' ||
    reason === 'seat-needed' ||
    reason === 'gone' ||
    reason === 'left'
  );
}

/** About a second of failing. */
const ASK_AFTER_FAILURES = 2;
const LOG_SAYS_WHY_MS = 2000;
