//! A room of the media server, through `livekit-client`: the only module that imports it, loaded when needed.
//!
//! Flow: `enter` connects; after that every change in the room is told as one whole `RoomView`, so that
//! nobody has to follow single events. `setTrack` says what is to be sent; the steps to get there (publish,
//! replace, mute) run one after the other per device.
//!
//! Invariant: after `left` nothing is told any more. Local tracks belong to the caller and are never stopped.

import {
  ConnectionState,
  DefaultReconnectPolicy,
  DisconnectReason,
  LogLevel,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type RemoteParticipant,
  type RemoteTrack,
} from 'livekit-client';

import type { DeviceKind } from './device-problem.ts';
import type { EndReason, RoomEvents, RoomView, RtcRoom, RemoteMedia } from './media.svelte.ts';
import { addReport, noCounters, type LinkCounters } from './quality.ts';

export async function enter(url: string, token: string, events: RoomEvents): Promise<RtcRoom> {
  // All that it would complain about is a state of the call, and shown as that.
  setLogLevel(LogLevel.silent);
  const room = new Room({
    // Each side sends what is looked at, in the size in which it is looked at, and no more.
    adaptiveStream: true,
    dynacast: true,
    stopLocalTrackOnUnpublish: false,
    reconnectPolicy: new DefaultReconnectPolicy(RESUME_WAITS_MS),
    publishDefaults: {
      simulcast: true,
      videoCodec: 'vp8',
      videoEncoding: { maxBitrate: 2_500_000, maxFramerate: 30 },
    },
  });
  const entered = new EnteredRoom(room, events);
  await room.connect(url, token, { maxRetries: 0 });
  entered.tell();
  return entered;
}

class EnteredRoom implements RtcRoom {
  readonly #room: Room;
  readonly #events: RoomEvents;
  readonly #wanted = new Map<DeviceKind, MediaStreamTrack | null>();
  /** Kept as long as it says the same, so that a picture on the screen is not attached again. */
  readonly #told = new Map<string, RemoteMedia>();
  #settled: Promise<void> = Promise.resolve();
  #isTelling = false;
  #isLeft = false;

  constructor(room: Room, events: RoomEvents) {
    this.#room = room;
    this.#events = events;
    for (const event of VIEW_EVENTS) room.on(event, () => this.tell());
    room
      .on(RoomEvent.SignalReconnecting, () => events.reconnecting())
      .on(RoomEvent.Reconnecting, () => events.reconnecting())
      .on(RoomEvent.Reconnected, () => {
        events.reconnected();
        this.tell();
      })
      .on(RoomEvent.Disconnected, (reason) => this.#disconnected(reason))
      .on(RoomEvent.DataReceived, (bytes, from, _kind, topic) => {
        if (from && topic) events.message(topic, from.identity, bytes);
      });
  }

  setTrack(kind: DeviceKind, track: MediaStreamTrack | null): void {
    this.#wanted.set(kind, track);
    this.#settled = this.#settled.then(() => this.#settle(kind));
  }

  send(topic: string, bytes: Uint8Array<ArrayBuffer>): void {
    // Lossy: what cannot be sent in this moment is not worth sending later.
    this.#room.localParticipant.publishData(bytes, { topic, reliable: false }).catch(() => undefined);
  }

  async startAudio(): Promise<void> {
    await this.#room.startAudio().catch(() => undefined);
    this.tell();
  }

  async counters(): Promise<LinkCounters> {
    const remote = [...this.#room.remoteParticipants.values()].flatMap((participant) => [
      ...participant.trackPublications.values(),
    ]);
    const local = [...this.#room.localParticipant.trackPublications.values()];
    const reports = await Promise.all(
      [...remote, ...local].map(({ track }) => track?.getRTCStatsReport().catch(() => undefined)),
    );
    return reports.reduce((sum, report) => (report ? addReport(sum, report) : sum), noCounters);
  }

  leave(): void {
    this.#isLeft = true;
    void this.#room.disconnect(false);
  }

  /** Says what there is to see and to hear, once for all changes that come together. */
  tell(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      // While the connection is repaired the library forgets everybody; the screen should not.
      if (!this.#isLeft && this.#room.state === ConnectionState.Connected) this.#events.changed(this.#view());
    });
  }

  #view(): RoomView {
    const remote = [...this.#room.remoteParticipants.values()].flatMap((participant) =>
      this.#media(participant),
    );
    const camera = this.#room.localParticipant.getTrackPublication(Track.Source.Camera);
    return {
      media: remote,
      ownVideo: camera?.trackSid ?? null,
      speaking: new Set(this.#room.activeSpeakers.map(({ identity }) => identity)),
      isAudioBlocked: !this.#room.canPlaybackAudio,
    };
  }

  #media(participant: RemoteParticipant): RemoteMedia[] {
    const found: RemoteMedia[] = [];
    for (const publication of participant.trackPublications.values()) {
      if (publication.track && !publication.isMuted) {
        found.push(this.#remember(publication.trackSid, participant.identity, publication.track));
      }
    }
    return found;
  }

  #remember(id: string, participant: string, track: RemoteTrack): RemoteMedia {
    const known = this.#told.get(id);
    if (known?.stream === track.mediaStreamTrack) return known;
    const media: RemoteMedia = {
      id,
      participant,
      kind: track.kind === Track.Kind.Video ? 'video' : 'audio',
      stream: track.mediaStreamTrack,
      attach: (element) => {
        track.attach(element);
        return () => track.detach(element);
      },
    };
    this.#told.set(id, media);
    return media;
  }

  async #settle(kind: DeviceKind): Promise<void> {
    if (this.#isLeft) return;
    const wanted = this.#wanted.get(kind) ?? null;
    const me = this.#room.localParticipant;
    const source = kind === 'camera' ? Track.Source.Camera : Track.Source.Microphone;
    const publication = me.getTrackPublication(source);
    try {
      if (wanted === null) await publication?.mute();
      else if (!publication?.track) await me.publishTrack(wanted, { source });
      else {
        if (publication.track.mediaStreamTrack !== wanted) await publication.track.replaceTrack(wanted, true);
        if (publication.isMuted) await publication.unmute();
      }
      this.tell();
    } catch {
      // The caller enters the room anew, which publishes from the start.
      if (!this.#isLeft && this.#wanted.get(kind) === wanted) this.#events.publishFailed(kind);
    }
  }

  #disconnected(reason: DisconnectReason | undefined): void {
    if (this.#isLeft) return;
    this.#isLeft = true;
    this.#events.ended(endReason(reason));
  }
}

function endReason(reason: DisconnectReason | undefined): EndReason {
  switch (reason) {
    case DisconnectReason.PARTICIPANT_REMOVED:
      return 'removed';
    case DisconnectReason.ROOM_DELETED:
      return 'session-ended';
    case DisconnectReason.DUPLICATE_IDENTITY:
      return 'elsewhere';
    default:
      return 'lost';
  }
}

/** Everything after which something else may be seen, heard or known about who is there. */
const VIEW_EVENTS = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.AudioPlaybackStatusChanged,
] as const;

/** The library's own attempts to resume; after them the session enters the room with a new token. */
const RESUME_WAITS_MS = [0, 300, 700, 1_500, 3_000];
