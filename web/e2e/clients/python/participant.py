"""A participant that is not ours: the official Python client in a room of the server under test.

Publishes the counted picture and beeps. What it tells and which orders it takes is written down in
clients/participant.ts.
"""

import argparse
import asyncio
import hashlib
import json
import sys
from collections.abc import Coroutine

from livekit import rtc

import media
from picture import HEIGHT, WIDTH

NOTES, PARCELS = "notes", "parcels"


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def pattern(size: int) -> bytes:
    """A byte stream's content: bytes that are told apart by their place."""
    return bytes(at * 7 % 251 for at in range(size))


class Participant:
    def __init__(self, tone_hz: float) -> None:
        self.room = rtc.Room()
        self.tone_hz = tone_hz
        self.published: dict[str, rtc.LocalTrack] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.listen_to_room()

    def start(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def listen_to_room(self) -> None:
        room = self.room

        def whose(participant: rtc.Participant | None) -> dict[str, object]:
            return {"from": participant.identity if participant else None}

        def kind_of(publication: rtc.TrackPublication) -> str:
            return "video" if publication.kind == rtc.TrackKind.KIND_VIDEO else "audio"

        def on_track(
            track: rtc.Track, publication: rtc.RemoteTrackPublication, participant: rtc.RemoteParticipant
        ) -> None:
            is_encrypted = publication.encryption_type != rtc.EncryptionType.NONE
            kind = kind_of(publication)
            tell("subscribed", **whose(participant), kind=kind, is_encrypted=is_encrypted)
            take = media.watch if kind == "video" else media.listen
            self.start(take(track, participant.identity, tell))

        def on_data(packet: rtc.DataPacket) -> None:
            tell("data", **whose(packet.participant), topic=packet.topic, text=packet.data.decode())

        def on_description(participant: rtc.Participant) -> None:
            tell(
                "described",
                **whose(participant),
                name=participant.name,
                metadata=participant.metadata,
                attributes=dict(participant.attributes),
            )

        room.on("track_subscribed", on_track)
        room.on("track_unsubscribed", lambda _t, pub, who: tell("unsubscribed", **whose(who), kind=kind_of(pub)))
        room.on("track_muted", lambda who, pub: tell("muted", **whose(who), kind=kind_of(pub)))
        room.on("track_unmuted", lambda who, pub: tell("unmuted", **whose(who), kind=kind_of(pub)))
        room.on("participant_connected", lambda who: tell("joined", **whose(who), sid=who.sid))
        room.on("participant_disconnected", lambda who: tell("left", **whose(who), sid=who.sid))
        room.on("participant_metadata_changed", lambda who, *_: on_description(who))
        room.on("participant_name_changed", lambda who, *_: on_description(who))
        room.on("participant_attributes_changed", lambda _, who: on_description(who))
        room.on("data_received", on_data)
        room.on("reconnecting", lambda: tell("reconnecting"))
        room.on("reconnected", lambda: tell("reconnected", sid=room.local_participant.sid))
        room.on("disconnected", lambda reason: tell("disconnected", reason=str(reason)))
        room.register_text_stream_handler(
            NOTES, lambda reader, sender: self.start(self.read_text(reader, sender))
        )
        room.register_byte_stream_handler(
            PARCELS, lambda reader, sender: self.start(self.read_bytes(reader, sender))
        )

    async def read_text(self, reader: rtc.TextStreamReader, sender: str) -> None:
        tell("text", **{"from": sender}, text=await reader.read_all())

    async def read_bytes(self, reader: rtc.ByteStreamReader, sender: str) -> None:
        content = b"".join([chunk async for chunk in reader])
        digest = hashlib.sha256(content).hexdigest()
        tell("bytes", **{"from": sender}, name=reader.info.name, size=len(content), sha256=digest)

    async def enter(self, url: str, token: str, options: rtc.RoomOptions) -> None:
        await self.room.connect(url, token, options)
        me = self.room.local_participant
        for method in ("echo", "refuse"):
            me.register_rpc_method(method, self.answer)
        for who in self.room.remote_participants.values():
            tell("joined", **{"from": who.identity}, sid=who.sid)
        tell("connected", identity=me.identity, sid=me.sid)
        await self.publish()

    async def answer(self, call: rtc.RpcInvocationData) -> str:
        tell("called", **{"from": call.caller_identity}, topic=call.method, text=call.payload)
        if call.method == "refuse":
            raise rtc.RpcError(1600, "not today", call.payload)
        return call.payload.upper()

    async def publish(self) -> None:
        video = rtc.VideoSource(WIDTH, HEIGHT)
        audio = rtc.AudioSource(media.SAMPLE_RATE_HZ, 1)
        me = self.room.local_participant
        camera = rtc.LocalVideoTrack.create_video_track("camera", video)
        microphone = rtc.LocalAudioTrack.create_audio_track("microphone", audio)
        await me.publish_track(
            camera, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
        )
        await me.publish_track(
            microphone, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        )
        self.published = {"video": camera, "audio": microphone}
        self.start(media.film(video, tell))
        self.start(media.beep(audio, self.tone_hz))
        tell("published")

    async def obey(self, order: dict) -> str | None:
        me = self.room.local_participant
        to = order.get("to") or []
        match order["order"]:
            case "data":
                await me.publish_data(
                    order["text"],
                    topic=order["topic"],
                    reliable=order["reliable"],
                    destination_identities=to,
                )
            case "call":
                return await me.perform_rpc(
                    destination_identity=to[0], method=order["topic"], payload=order["text"]
                )
            case "text":
                await me.send_text(order["text"], topic=NOTES, destination_identities=to)
            case "bytes":
                writer = await me.stream_bytes(
                    order["name"], total_size=order["size"], topic=PARCELS, destination_identities=to
                )
                await writer.write(pattern(order["size"]))
                await writer.aclose()
            case "mute":
                self.published[order["kind"]].mute()
            case "unmute":
                self.published[order["kind"]].unmute()
            case "quality":
                low = order["quality"] == "low"
                quality = rtc.VideoQuality.VIDEO_QUALITY_LOW if low else rtc.VideoQuality.VIDEO_QUALITY_HIGH
                for who in self.room.remote_participants.values():
                    for publication in who.track_publications.values():
                        if publication.kind == rtc.TrackKind.KIND_VIDEO:
                            publication.set_video_quality(quality)
            case "describe":
                await me.set_name(order["name"])
                await me.set_metadata(order["metadata"])
                await me.set_attributes(order["attributes"])
            case unknown:
                raise ValueError(f"no such order: {unknown}")
        return None

    async def take_orders(self) -> None:
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order = json.loads(line)
            try:
                tell("done", id=order["id"], text=await self.obey(order))
            except Exception as error:  # whatever it is, the test judges it
                tell("failed", id=order["id"], text=f"{getattr(error, 'code', '')} {error}".strip())

    async def leave(self) -> None:
        for task in self.tasks:
            task.cancel()
        await self.room.disconnect()


def options_of(arguments: argparse.Namespace) -> rtc.RoomOptions:
    options = rtc.RoomOptions(single_peer_connection=not arguments.dual)
    if arguments.key:
        keys = rtc.KeyProviderOptions(shared_key=arguments.key.encode())
        options.encryption = rtc.E2EEOptions(key_provider_options=keys)
    return options


async def take_part(arguments: argparse.Namespace) -> None:
    participant = Participant(arguments.tone_hz)
    await participant.enter(arguments.url, arguments.token, options_of(arguments))
    await participant.take_orders()
    await participant.leave()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--tone-hz", type=float, required=True)
    parser.add_argument("--dual", action="store_true", help="two peer connections")
    parser.add_argument("--key", help="the shared key of end-to-end encryption")
    asyncio.run(take_part(parser.parse_args()))


if __name__ == "__main__":
    main()
