/**
 * A participant that is not ours: the official Node client in a room of the server under test.
 *
 * What it tells and which orders it takes is written down in clients/participant.ts. Where the client's
 * API has no word for what its engine can do, the engine is asked.
 */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

import {
  AudioSource,
  dispose,
  EncryptionType,
  LocalAudioTrack,
  LocalVideoTrack,
  Room,
  RoomEvent,
  RpcError,
  TrackKind,
  TrackPublishOptions,
  TrackSource,
  VideoSource,
  type Participant,
  type RoomOptions,
  type Track,
  type TrackPublication,
} from '@livekit/rtc-node';

import type { Kind, Order, Told } from '../participant.ts';
import { beep, film, listen, SAMPLE_RATE_HZ, SIZE, watch } from './media.ts';

const NOTES = 'notes';
const PARCELS = 'parcels';

function tell(told: Told): void {
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** What goes on beside the orders; a failure of it is one of the process. */
function aside(work: Promise<void>): void {
  work.catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  });
}

function kindOf({ kind }: TrackPublication): Kind {
  return kind === TrackKind.KIND_VIDEO ? 'video' : 'audio';
}

function describe(participant: Participant): void {
  tell({
    event: 'described',
    from: participant.identity,
    name: participant.name ?? '',
    metadata: participant.metadata,
    attributes: participant.attributes,
  });
}

function listenTo(room: Room): void {
  room.on(RoomEvent.TrackSubscribed, (track, publication, { identity }) => {
    const isEncrypted = publication.encryptionType !== EncryptionType.NONE;
    const kind = kindOf(publication);
    tell({ event: 'subscribed', from: identity, kind, is_encrypted: isEncrypted });
    aside((kind === 'video' ? watch : listen)(track, identity, tell));
  });
  room.on(RoomEvent.TrackUnsubscribed, (_, publication, { identity }) =>
    tell({ event: 'unsubscribed', from: identity, kind: kindOf(publication) }),
  );
  room.on(RoomEvent.TrackMuted, (publication, { identity }) =>
    tell({ event: 'muted', from: identity, kind: kindOf(publication) }),
  );
  room.on(RoomEvent.TrackUnmuted, (publication, { identity }) =>
    tell({ event: 'unmuted', from: identity, kind: kindOf(publication) }),
  );
  room.on(RoomEvent.ParticipantConnected, ({ identity, sid }) =>
    tell({ event: 'joined', from: identity, sid: sid ?? '' }),
  );
  room.on(RoomEvent.ParticipantDisconnected, ({ identity, sid }) =>
    tell({ event: 'left', from: identity, sid: sid ?? '' }),
  );
  room.on(RoomEvent.ParticipantNameChanged, (_, participant) => describe(participant));
  room.on(RoomEvent.ParticipantMetadataChanged, (_, participant) => describe(participant));
  room.on(RoomEvent.ParticipantAttributesChanged, (_, participant) => describe(participant));
  room.on(RoomEvent.DataReceived, (payload, participant, _, topic) =>
    tell({
      event: 'data',
      from: participant?.identity ?? null,
      topic: topic ?? '',
      text: new TextDecoder().decode(payload),
    }),
  );
  room.on(RoomEvent.Reconnecting, () => tell({ event: 'reconnecting' }));
  room.on(RoomEvent.Reconnected, () => tell({ event: 'reconnected', sid: room.localParticipant?.sid ?? '' }));
  room.on(RoomEvent.Disconnected, (reason) => tell({ event: 'disconnected', reason: String(reason) }));
  room.registerTextStreamHandler(NOTES, (reader, { identity }) => {
    aside(reader.readAll().then((text) => tell({ event: 'text', from: identity, text })));
  });
  room.registerByteStreamHandler(PARCELS, (reader, { identity }) => {
    aside(
      reader.readAll().then((chunks) => {
        const content = Buffer.concat(chunks);
        tell({
          event: 'bytes',
          from: identity,
          name: reader.info.name,
          size: content.length,
          sha256: createHash('sha256').update(content).digest('hex'),
        });
      }),
    );
  });
}

function localOf(room: Room): NonNullable<Room['localParticipant']> {
  if (room.localParticipant === undefined) throw new Error('not connected');
  return room.localParticipant;
}

/** The engine below the API, by its own protocol. */
function engine(): NonNullable<typeof globalThis._ffiClientInstance> {
  if (globalThis._ffiClientInstance === undefined) throw new Error('the engine is not running');
  return globalThis._ffiClientInstance;
}

function setMuted(track: Track | undefined, isMuted: boolean): void {
  if (track === undefined) throw new Error('nothing is published');
  const value = { trackHandle: track.ffi_handle.handle, mute: isMuted };
  engine().request({ message: { case: 'localTrackMute', value } });
}

function setQuality(room: Room, quality: 'low' | 'high'): void {
  for (const who of room.remoteParticipants.values()) {
    for (const publication of who.trackPublications.values()) {
      if (kindOf(publication) !== 'video') continue;
      const value = {
        trackPublicationHandle: publication.ffiHandle.handle,
        // As `livekit.proto.VideoQuality` numbers them.
        quality: quality === 'low' ? 0 : 2,
      };
      engine().request({ message: { case: 'setRemoteTrackPublicationQuality', value } });
    }
  }
}

async function publish(room: Room, toneHz: number): Promise<void> {
  const me = localOf(room);
  const video = new VideoSource(SIZE.width, SIZE.height);
  const audio = new AudioSource(SAMPLE_RATE_HZ, 1);
  await me.publishTrack(
    LocalVideoTrack.createVideoTrack('camera', video),
    new TrackPublishOptions({ source: TrackSource.SOURCE_CAMERA, simulcast: false }),
  );
  await me.publishTrack(
    LocalAudioTrack.createAudioTrack('microphone', audio),
    new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }),
  );
  film(video, tell);
  aside(beep(audio, toneHz));
  tell({ event: 'published' });
}

async function obey(room: Room, order: Order): Promise<string | null> {
  const me = localOf(room);
  switch (order.order) {
    case 'data':
      await me.publishData(new TextEncoder().encode(order.text), {
        topic: order.topic,
        reliable: order.reliable,
        destination_identities: [...(order.to ?? [])],
      });
      return null;
    case 'call':
      return me.performRpc({ destinationIdentity: order.to[0], method: order.topic, payload: order.text });
    case 'text':
      await me.sendText(order.text, { topic: NOTES, destinationIdentities: [...(order.to ?? [])] });
      return null;
    case 'bytes': {
      const writer = await me.streamBytes({
        name: order.name,
        totalSize: order.size,
        topic: PARCELS,
        destinationIdentities: [...(order.to ?? [])],
      });
      await writer.write(Uint8Array.from({ length: order.size }, (_, at) => (at * 7) % 251));
      await writer.close();
      return null;
    }
    case 'describe':
      await me.updateName(order.name);
      await me.updateMetadata(order.metadata);
      await me.setAttributes({ ...order.attributes });
      return null;
    case 'mute':
    case 'unmute': {
      const publications = [...me.trackPublications.values()];
      const published = publications.find((publication) => kindOf(publication) === order.kind);
      setMuted(published?.track, order.order === 'mute');
      return null;
    }
    case 'quality':
      setQuality(room, order.quality);
      return null;
    case 'show':
      throw new Error('this client shows nothing');
  }
}

function optionsOf(key: string | undefined): RoomOptions {
  const options: RoomOptions = { autoSubscribe: true, dynacast: false };
  if (key !== undefined) {
    options.encryption = { keyProviderOptions: { sharedKey: new TextEncoder().encode(key) } };
  }
  return options;
}

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    'tone-hz': { type: 'string' },
    key: { type: 'string' },
  },
});
const room = new Room();
listenTo(room);
await room.connect(values.url ?? '', values.token ?? '', optionsOf(values.key));
const me = localOf(room);
for (const method of ['echo', 'refuse']) {
  me.registerRpcMethod(method, async ({ callerIdentity, payload }) => {
    tell({ event: 'called', from: callerIdentity, topic: method, text: payload });
    if (method === 'refuse') throw new RpcError(1600, 'not today', payload);
    return payload.toUpperCase();
  });
}
for (const { identity, sid } of room.remoteParticipants.values()) {
  tell({ event: 'joined', from: identity, sid: sid ?? '' });
}
tell({ event: 'connected', identity: me.identity, sid: me.sid ?? '' });
await publish(room, Number(values['tone-hz']));
for await (const line of createInterface({ input: process.stdin })) {
  const order: Order & { id: number } = JSON.parse(line);
  try {
    tell({ event: 'done', id: order.id, text: await obey(room, order) });
  } catch (error) {
    const code = error instanceof RpcError ? `${error.code} ` : '';
    tell({ event: 'failed', id: order.id, text: `${code}${error instanceof Error ? error.message : error}` });
  }
}
await room.disconnect();
await dispose();
process.exit();
