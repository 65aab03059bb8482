"""A participant that is not ours: the official Python client in a room of the server under test.

Publishes the counted picture and beeps, and tells as JSON lines what it receives:

    {"event": "connected"}
    {"event": "sent", "at_ms": …, "counter": …}                  every tenth own frame
    {"event": "video", "from": …, "at_ms": …, "counter": …}      every received frame that can be read
    {"event": "audio", "from": …, "frequency_hz": …, "level_db": …}
    {"event": "data", "from": …, "topic": …, "text": …}
    {"event": "disconnected", "reason": …}

Each line of standard input is a data packet to send: {"topic": …, "text": …, "reliable": …}.
The end of standard input ends the participant.
"""

import argparse
import asyncio
import json
import sys
import time

import numpy as np
from livekit import rtc

# The geometry of the picture is the browser harness's: see harness/picture.ts.
CELLS = 4
CELL = 0.06
CHECK_MASK = 0b1010
FRAMES = 300
FRAMES_PER_SECOND = 30
WIDTH, HEIGHT = 640, 360

SAMPLE_RATE_HZ = 48_000
SAMPLES_PER_FRAME = 480


def tell(event: str, **fields: object) -> None:
    print(json.dumps({"event": event, **fields}), flush=True)


def now_ms() -> float:
    return time.time() * 1000


def bits_of(counter: int) -> int:
    check = (counter ^ (counter >> 4) ^ (counter >> 8) ^ CHECK_MASK) & 0xF
    return counter << 4 | check


def panel(width: int, height: int) -> tuple[float, float, float]:
    """Left, top and side of one cell."""
    cell = CELL * min(width, height)
    return width / 2 - CELLS / 2 * cell, height / 2 - CELLS / 2 * cell, cell


def draw(counter: int) -> np.ndarray:
    """One RGBA frame."""
    frame = np.full((HEIGHT, WIDTH, 4), 120, dtype=np.uint8)
    frame[..., 3] = 255
    left, top, cell = panel(WIDTH, HEIGHT)
    margin = cell / 2
    end = CELLS * cell + margin
    frame[round(top - margin) : round(top + end), round(left - margin) : round(left + end), :3] = 255
    for index in range(CELLS * CELLS):
        if bits_of(counter) >> (15 - index) & 1:
            continue
        x, y = left + index % CELLS * cell, top + index // CELLS * cell
        frame[round(y) : round(y + cell), round(x) : round(x + cell), :3] = 0
    return frame


def read_counter(luma: np.ndarray) -> int | None:
    height, width = luma.shape
    left, top, cell = panel(width, height)
    bits = 0
    for index in range(CELLS * CELLS):
        x = left + (index % CELLS + 0.25) * cell
        y = top + (index // CELLS + 0.25) * cell
        middle = luma[round(y) : round(y + cell / 2), round(x) : round(x + cell / 2)]
        bits = bits << 1 | int(middle.mean() >= 128)
    counter = bits >> 4
    return counter if bits_of(counter) == bits else None


async def publish_video(source: rtc.VideoSource) -> None:
    begin = time.monotonic()
    frame_number = 0
    while True:
        counter = frame_number % FRAMES
        pixels = draw(counter)
        source.capture_frame(rtc.VideoFrame(WIDTH, HEIGHT, rtc.VideoBufferType.RGBA, pixels.tobytes()))
        if frame_number % 10 == 0:
            tell("sent", at_ms=now_ms(), counter=counter)
        frame_number += 1
        # The frame clock: what a camera's hardware does.
        await asyncio.sleep(max(0.0, begin + frame_number / FRAMES_PER_SECOND - time.monotonic()))


async def publish_audio(source: rtc.AudioSource, frequency_hz: float) -> None:
    sample = 0
    while True:
        at = (sample + np.arange(SAMPLES_PER_FRAME)) / SAMPLE_RATE_HZ
        phase = at % 1.0
        ramps = np.minimum(1.0, np.minimum(phase / 0.01, (0.5 - phase) / 0.01))
        loudness = np.where(phase < 0.5, ramps, 0.0)
        wave = np.sin(2 * np.pi * frequency_hz * at) * loudness * 0.5
        pcm = (wave * 32_767).astype(np.int16)
        frame = rtc.AudioFrame(pcm.tobytes(), SAMPLE_RATE_HZ, 1, SAMPLES_PER_FRAME)
        await source.capture_frame(frame)
        sample += SAMPLES_PER_FRAME


async def watch(track: rtc.Track, sender: str) -> None:
    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
    async for event in stream:
        frame = event.frame
        luma = np.frombuffer(frame.data, dtype=np.uint8)[: frame.width * frame.height]
        counter = read_counter(luma.reshape(frame.height, frame.width))
        if counter is not None:
            tell("video", **{"from": sender}, at_ms=now_ms(), counter=counter)


async def listen(track: rtc.Track, sender: str) -> None:
    stream = rtc.AudioStream(track, sample_rate=SAMPLE_RATE_HZ, num_channels=1)
    window = np.hanning(8192)
    heard = np.zeros(0)
    async for event in stream:
        heard = np.append(heard, np.frombuffer(event.frame.data, dtype=np.int16) / 32_768)
        if heard.size < window.size:
            continue
        spectrum = np.abs(np.fft.rfft(heard[: window.size] * window)) * 2 / window.sum()
        heard = heard[window.size :]
        loudest = int(spectrum.argmax())
        tell(
            "audio",
            **{"from": sender},
            frequency_hz=loudest * SAMPLE_RATE_HZ / window.size,
            level_db=float(20 * np.log10(max(spectrum[loudest], 1e-10))),
        )


async def take_part(url: str, token: str, tone_hz: float) -> None:
    room = rtc.Room()
    tasks: set[asyncio.Task[None]] = set()

    @room.on("track_subscribed")
    def on_track(track: rtc.Track, _publication: object, participant: rtc.RemoteParticipant) -> None:
        take = watch if track.kind == rtc.TrackKind.KIND_VIDEO else listen
        tasks.add(asyncio.create_task(take(track, participant.identity)))

    @room.on("data_received")
    def on_data(packet: rtc.DataPacket) -> None:
        sender = packet.participant.identity if packet.participant else None
        tell("data", **{"from": sender}, topic=packet.topic, text=packet.data.decode())

    @room.on("disconnected")
    def on_disconnected(reason: object) -> None:
        tell("disconnected", reason=str(reason))

    await room.connect(url, token)
    tell("connected")

    video = rtc.VideoSource(WIDTH, HEIGHT)
    audio = rtc.AudioSource(SAMPLE_RATE_HZ, 1)
    await room.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("camera", video),
        rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False),
    )
    await room.local_participant.publish_track(
        rtc.LocalAudioTrack.create_audio_track("microphone", audio),
        rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE),
    )
    tasks.add(asyncio.create_task(publish_video(video)))
    tasks.add(asyncio.create_task(publish_audio(audio, tone_hz)))

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        await room.local_participant.publish_data(
            order["text"], topic=order["topic"], reliable=order["reliable"]
        )
    for task in tasks:
        task.cancel()
    await room.disconnect()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--tone-hz", type=float, required=True)
    arguments = parser.parse_args()
    asyncio.run(take_part(arguments.url, arguments.token, arguments.tone_hz))


if __name__ == "__main__":
    main()
