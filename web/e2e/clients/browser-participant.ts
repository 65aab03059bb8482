/** A participant on LiveKit's client for browsers, in a page of Chromium: the orders and what is told are everybody's. */
import type * as LiveKit from 'livekit-client';

import type { Person } from '../harness/person.ts';
import { CELL, CELLS, counterOf, type Size } from '../harness/picture.ts';
import { openClientPage } from './browser-page.ts';
import { ForeignParticipant, type Joining, type Kind, type Order, type Told } from './participant.ts';

interface InPage {
  readonly url: string;
  readonly token: string;
  readonly isSingle: boolean;
  readonly panel: Parameters<Window['probe']['watch']>[1];
}

declare global {
  interface Window {
    tell(told: Told & { cells?: readonly number[] }): Promise<void>;
    obey(order: Order): Promise<string | null>;
    leaveRoom(): Promise<void>;
  }
}

export class BrowserParticipant extends ForeignParticipant {
  readonly complaints = '';
  readonly #person: Person;

  private constructor(person: Person) {
    super();
    this.#person = person;
  }

  /** The person's camera delivers pictures of that size. */
  static async join(person: Person, camera: Size, joining: Joining): Promise<BrowserParticipant> {
    const participant = new BrowserParticipant(person);
    await person.page.exposeFunction('tell', ({ cells, ...told }: Told & { cells?: readonly number[] }) => {
      const counter = cells === undefined ? null : counterOf(cells);
      participant.told.push(counter === null ? told : { ...told, counter });
    });
    await openClientPage(person);
    await person.page.evaluate(participate, {
      url: joining.url,
      token: joining.token,
      isSingle: joining.isDual !== true,
      panel: { cells: CELLS, cell: CELL, native: camera },
    });
    return participant;
  }

  async leave(): Promise<void> {
    await this.#person.page.evaluate(() => window.leaveRoom());
  }

  protected pass(id: number, order: Order): void {
    this.#person.page
      .evaluate((given) => window.obey(given), order)
      .then(
        (text) => this.told.push({ event: 'done', id, text }),
        (error: unknown) => this.told.push({ event: 'failed', id, text: String(error) }),
      );
  }
}

/** Runs in the page. */
async function participate({ url, token, isSingle, panel }: InPage): Promise<void> {
  const { Room, RoomEvent, RpcError } = window.LivekitClient;
  const notes = 'notes';
  const parcels = 'parcels';
  const room = new Room({ singlePeerConnection: isSingle });
  const me = room.localParticipant;
  const sound = new AudioContext();
  const tell = (told: Parameters<typeof window.tell>[0]): void => void window.tell(told);

  function watch(track: LiveKit.RemoteTrack, from: string): void {
    const video = document.createElement('video');
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

  function listen(track: LiveKit.RemoteTrack, from: string): void {
    // Chromium hands sound to the graph only while an element plays it.
    track.attach();
    const analyser = sound.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    sound.createMediaStreamSource(new MediaStream([track.mediaStreamTrack])).connect(analyser);
    setInterval(() => {
      const levels = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(levels);
      let loudest = 0;
      levels.forEach((level, bin) => (loudest = level > (levels[loudest] ?? -200) ? bin : loudest));
      const frequency = (loudest * sound.sampleRate) / analyser.fftSize;
      tell({ event: 'audio', from, frequency_hz: frequency, level_db: levels[loudest] ?? -200 });
    }, 170);
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
      tell({ event: 'subscribed', from: identity, kind, is_encrypted: publication.isEncrypted });
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
      case 'describe':
        await me.setName(order.name);
        await me.setMetadata(order.metadata);
        await me.setAttributes({ ...order.attributes });
        return null;
    }
  };
  window.leaveRoom = () => room.disconnect();

  await room.connect(url, token);
  for (const { identity, sid } of room.remoteParticipants.values()) {
    tell({ event: 'joined', from: identity, sid });
  }
  tell({ event: 'connected', identity: me.identity, sid: me.sid });
  await me.setCameraEnabled(true, { resolution: { width: panel.native.width, height: panel.native.height } });
  await me.setMicrophoneEnabled(true);
  tell({ event: 'published' });
}
