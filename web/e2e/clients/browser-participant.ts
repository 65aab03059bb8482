/** A participant on LiveKit's client for browsers, in a page: the orders and what is told are everybody's. */
import type * as LiveKit from 'livekit-client';

import { CELL, CELLS, counterOf, type Size } from '../harness/picture.ts';
import { workerScript, type ClientPage } from './browser-page.ts';
import { ForeignParticipant, type Joining, type Kind, type Order, type Told } from './participant.ts';

/** What only a browser can be asked for. */
export interface BrowserOptions {
  /** It publishes nothing. */
  readonly isOnlooker?: boolean;
  /** Asks for no more than the size at which it shows a picture. */
  readonly isAdaptive?: boolean;
  readonly codec?: 'vp8' | 'h264';
  readonly framesPerSecond?: number;
  /** Its microphone's sound never pauses, so that nothing is saved where it seems to. */
  readonly isSteady?: boolean;
  /** A steady voice of that frequency is listened to without a break. Chromium only. */
  readonly voiceHz?: number;
}

/** What the page gets. */
export interface InPage extends Joining, BrowserOptions {
  readonly panel: Parameters<Window['probe']['watch']>[1];
  /** The worker that encrypts, where there is a key. */
  readonly worker?: string;
}

/** What the page tells: of a frame, what was seen of its counter. */
export type Heard = Told & { readonly cells?: readonly number[] };

interface SoundReader {
  readonly readable: ReadableStream<AudioData>;
}

declare global {
  interface Window {
    /** Not in any standard that covers windows and sound. */
    MediaStreamTrackProcessor: new (from: { track: MediaStreamTrack; maxBufferSize: number }) => SoundReader;
    tell(heard: Heard): Promise<void>;
    obey(order: Order): Promise<string | null>;
    leaveRoom(): Promise<void>;
  }
}

export class BrowserParticipant extends ForeignParticipant {
  readonly complaints = '';
  readonly #page: ClientPage;

  private constructor(page: ClientPage) {
    super();
    this.#page = page;
  }

  /** The page's camera delivers pictures of that size. */
  static async join(
    page: ClientPage,
    camera: Size,
    joining: Joining & BrowserOptions,
  ): Promise<BrowserParticipant> {
    const participant = new BrowserParticipant(page);
    const hear = ({ cells, ...told }: Heard): void => {
      const counter = cells === undefined ? null : counterOf(cells);
      participant.told.push(counter === null ? told : { ...told, counter });
    };
    await page.start(hear, {
      ...joining,
      ...(joining.key === undefined ? {} : { worker: await workerScript() }),
      panel: { cells: CELLS, cell: CELL, native: camera },
    });
    return participant;
  }

  async leave(): Promise<void> {
    await this.#page.leave();
  }

  protected pass(id: number, order: Order): void {
    this.#page.obey(order).then(
      (text) => this.told.push({ event: 'done', id, text }),
      (error: unknown) => this.told.push({ event: 'failed', id, text: String(error) }),
    );
  }
}

/** Runs in the page. */
export async function participate(joining: InPage): Promise<void> {
  const { Room, RoomEvent, RpcError, ExternalE2EEKeyProvider, VideoQuality } = window.LivekitClient;
  const { panel, framesPerSecond = 30 } = joining;
  const notes = 'notes';
  const parcels = 'parcels';
  const options: LiveKit.RoomOptions = {
    singlePeerConnection: joining.isDual !== true,
    adaptiveStream: joining.isAdaptive === true,
  };
  const keys = new ExternalE2EEKeyProvider();
  if (joining.key !== undefined && joining.worker !== undefined) {
    const script = new Blob([joining.worker], { type: 'text/javascript' });
    options.encryption = { keyProvider: keys, worker: new Worker(URL.createObjectURL(script)) };
    await keys.setKey(joining.key);
  }
  const room = new Room(options);
  const me = room.localParticipant;
  const sound = new AudioContext();
  const tell = (heard: Heard): void => void window.tell(heard);

  function watch(track: LiveKit.RemoteTrack, from: string): void {
    const video = document.createElement('video');
    // Over the page, at its own size or at the one that is ordered.
    video.style.cssText = 'position: fixed; top: 0; left: 0';
    document.body.append(video);
    track.attach(video);
    window.probe.watch(video, panel);
    let lastMs = 0;
    setInterval(() => {
      for (const { atMs, cells } of window.probe.shown(video)) {
        if (atMs <= lastMs) continue;
        lastMs = atMs;
        tell({ event: 'video', from, at_ms: atMs, width: video.videoWidth, cells });
      }
    }, 100);
  }

  /** By the sound's own clock, so that a page that is late misses nothing. */
  async function follow(track: MediaStreamTrack, from: string, frequencyHz: number): Promise<void> {
    const reader = new window.MediaStreamTrackProcessor({ track, maxBufferSize: 500 }).readable.getReader();
    let levels: number[] = [];
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const { numberOfFrames, sampleRate } = next.value;
      const samples = new Float32Array(numberOfFrames);
      next.value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      next.value.close();
      // Goertzel's algorithm.
      const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sampleRate);
      let before = 0;
      let last = 0;
      for (const sample of samples) [before, last] = [last, sample + coefficient * last - before];
      const power = before ** 2 + last ** 2 - coefficient * before * last;
      levels.push(20 * Math.log10(Math.sqrt(Math.max(power, 0)) / (numberOfFrames / 2) + 1e-10));
      if (levels.length < 100) continue;
      tell({ event: 'voice', from, levels_db: levels });
      levels = [];
    }
  }

  /** Firefox's graph of sound stands still on a machine without a sound card; its recorder does not. */
  async function record(track: MediaStreamTrack, from: string): Promise<void> {
    while (track.readyState === 'live') {
      const recorder = new MediaRecorder(new MediaStream([track]));
      const chunks: Blob[] = [];
      recorder.ondataavailable = ({ data }) => chunks.push(data);
      const stopped = new Promise((resolve) => (recorder.onstop = resolve));
      recorder.start();
      setTimeout(() => recorder.state === 'recording' && recorder.stop(), 1_000);
      await stopped;
      const bytes = await new Blob(chunks).arrayBuffer();
      const graph = new OfflineAudioContext(1, 1, sound.sampleRate);
      const recorded = await graph.decodeAudioData(bytes).catch(() => undefined);
      if (recorded !== undefined) await tellLoudest(recorded, from);
    }
  }

  /** Of each 170 ms, what an analyser would find. */
  async function tellLoudest(recorded: AudioBuffer, from: string): Promise<void> {
    const size = 8_192;
    for (let begin = 0; begin + size <= recorded.length; begin += size) {
      const graph = new OfflineAudioContext(1, size, recorded.sampleRate);
      const source = graph.createBufferSource();
      const analyser = graph.createAnalyser();
      analyser.fftSize = size;
      analyser.smoothingTimeConstant = 0;
      source.buffer = recorded;
      source.connect(analyser).connect(graph.destination);
      source.start(0, begin / recorded.sampleRate);
      await graph.startRendering();
      tellLevels(analyser, recorded.sampleRate, from);
    }
  }

  function tellLevels(analyser: AnalyserNode, sampleRate: number, from: string): void {
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    let loudest = 0;
    levels.forEach((level, bin) => (loudest = level > (levels[loudest] ?? -200) ? bin : loudest));
    const frequency = (loudest * sampleRate) / analyser.fftSize;
    tell({ event: 'audio', from, frequency_hz: frequency, level_db: levels[loudest] ?? -200 });
  }

  function listen(track: LiveKit.RemoteTrack, from: string): void {
    // Chromium hands sound to the graph only while an element plays it.
    track.attach();
    if (joining.voiceHz !== undefined) void follow(track.mediaStreamTrack, from, joining.voiceHz);
    if (navigator.userAgent.includes('Firefox')) return void record(track.mediaStreamTrack, from);
    const analyser = sound.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    sound.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
    setInterval(() => tellLevels(analyser, sound.sampleRate, from), 170);
  }

  const kindOf = ({ kind }: { kind: string }): Kind => (kind === 'video' ? 'video' : 'audio');
  const describe = (who: LiveKit.Participant): void =>
    tell({
      event: 'described',
      from: who.identity,
      name: who.name ?? '',
      metadata: who.metadata ?? '',
      attributes: { ...who.attributes },
    });

  room
    .on(RoomEvent.TrackSubscribed, (track, publication, { identity }) => {
      const kind = kindOf(publication);
      tell({
        event: 'subscribed',
        from: identity,
        kind,
        is_encrypted: publication.isEncrypted,
        mime_type: publication.mimeType ?? '',
      });
      (kind === 'video' ? watch : listen)(track, identity);
    })
    .on(RoomEvent.TrackUnsubscribed, (_, publication, { identity }) =>
      tell({ event: 'unsubscribed', from: identity, kind: kindOf(publication) }),
    )
    .on(RoomEvent.TrackMuted, (publication, { identity }) =>
      tell({ event: 'muted', from: identity, kind: kindOf(publication) }),
    )
    .on(RoomEvent.TrackUnmuted, (publication, { identity }) =>
      tell({ event: 'unmuted', from: identity, kind: kindOf(publication) }),
    )
    .on(RoomEvent.ParticipantConnected, ({ identity, sid }) => tell({ event: 'joined', from: identity, sid }))
    .on(RoomEvent.ParticipantDisconnected, ({ identity, sid }) =>
      tell({ event: 'left', from: identity, sid }),
    )
    .on(RoomEvent.ParticipantNameChanged, (_, who) => describe(who))
    .on(RoomEvent.ParticipantMetadataChanged, (_, who) => describe(who))
    .on(RoomEvent.ParticipantAttributesChanged, (_, who) => describe(who))
    .on(RoomEvent.DataReceived, (payload, who, _, topic) =>
      tell({
        event: 'data',
        from: who?.identity ?? null,
        topic: topic ?? '',
        text: new TextDecoder().decode(payload),
      }),
    )
    .on(RoomEvent.SignalReconnecting, () => tell({ event: 'reconnecting' }))
    .on(RoomEvent.Reconnected, () => tell({ event: 'reconnected', sid: me.sid }))
    .on(RoomEvent.Disconnected, (reason) => tell({ event: 'disconnected', reason: String(reason) }));

  room.registerTextStreamHandler(notes, async (reader, { identity }) =>
    tell({ event: 'text', from: identity, text: await reader.readAll() }),
  );
  room.registerByteStreamHandler(parcels, async (reader, { identity }) => {
    const chunks = (await reader.readAll()).map((chunk) => new Uint8Array(chunk));
    const content = new Uint8Array(await new Blob(chunks).arrayBuffer());
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
    tell({
      event: 'bytes',
      from: identity,
      name: reader.info.name,
      size: content.length,
      sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    });
  });
  for (const method of ['echo', 'refuse']) {
    room.registerRpcMethod(method, async ({ callerIdentity, payload }) => {
      tell({ event: 'called', from: callerIdentity, topic: method, text: payload });
      if (method === 'refuse') throw new RpcError(1600, 'not today', payload);
      return payload.toUpperCase();
    });
  }

  window.obey = async (order) => {
    const to = 'to' in order && order.to !== undefined ? [...order.to] : [];
    switch (order.order) {
      case 'data':
        await me.publishData(new TextEncoder().encode(order.text), {
          topic: order.topic,
          reliable: order.reliable,
          destinationIdentities: to,
        });
        return null;
      case 'call':
        try {
          return await me.performRpc({
            destinationIdentity: order.to[0],
            method: order.topic,
            payload: order.text,
          });
        } catch (error) {
          throw error instanceof RpcError ? new Error(`${error.code} ${error.message}`) : error;
        }
      case 'text':
        await me.sendText(order.text, { topic: notes, destinationIdentities: to });
        return null;
      case 'bytes': {
        const writer = await me.streamBytes({
          name: order.name,
          totalSize: order.size,
          topic: parcels,
          destinationIdentities: to,
        });
        await writer.write(Uint8Array.from({ length: order.size }, (_, at) => (at * 7) % 251));
        await writer.close();
        return null;
      }
      case 'mute':
      case 'unmute': {
        const isOn = order.order === 'unmute';
        if (order.kind === 'video') await me.setCameraEnabled(isOn);
        else await me.setMicrophoneEnabled(isOn);
        return null;
      }
      case 'quality': {
        const quality = order.quality === 'low' ? VideoQuality.LOW : VideoQuality.HIGH;
        for (const { videoTrackPublications } of room.remoteParticipants.values()) {
          for (const publication of videoTrackPublications.values()) publication.setVideoQuality(quality);
        }
        return null;
      }
      case 'show':
        for (const video of document.querySelectorAll('video')) video.style.width = `${order.width}px`;
        return null;
      case 'describe':
        await me.setName(order.name);
        await me.setMetadata(order.metadata);
        await me.setAttributes({ ...order.attributes });
        return null;
    }
  };
  window.leaveRoom = () => room.disconnect();

  if (joining.key !== undefined) await room.setE2EEEnabled(true);
  await room.connect(joining.url, joining.token);
  for (const { identity, sid } of room.remoteParticipants.values()) {
    tell({ event: 'joined', from: identity, sid });
  }
  tell({ event: 'connected', identity: me.identity, sid: me.sid });
  if (joining.isOnlooker === true) return;
  await me.setCameraEnabled(
    true,
    { resolution: { ...panel.native, frameRate: framesPerSecond } },
    // A busy machine sends fewer frames, not smaller ones.
    { videoCodec: joining.codec ?? 'vp8', degradationPreference: 'maintain-resolution' },
  );
  // Voice processing would take a steady tone for noise.
  await me.setMicrophoneEnabled(
    true,
    { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
    { dtx: joining.isSteady !== true },
  );
  tell({ event: 'published' });
}
