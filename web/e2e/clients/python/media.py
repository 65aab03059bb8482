"""What a Python participant sends and what it makes of what it receives."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from livekit import rtc

from picture import FRAMES, FRAMES_PER_SECOND, HEIGHT, WIDTH, draw, read_counter

SAMPLE_RATE_HZ = 48_000
SAMPLES_PER_FRAME = 480

Tell = Callable[..., None]


def now_ms() -> float:
    return time.time() * 1000


async def film(source: rtc.VideoSource, tell: Tell) -> None:
    """Captures the counted picture, and tells every tenth frame."""
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


async def beep(source: rtc.AudioSource, frequency_hz: float) -> None:
    """Half-second beeps: a steady tone would be taken for noise."""
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


async def watch(track: rtc.Track, sender: str, tell: Tell) -> None:
    stream = rtc.VideoStream(track, format=rtc.VideoBufferType.I420)
    async for event in stream:
        frame = event.frame
        luma = np.frombuffer(frame.data, dtype=np.uint8)[: frame.width * frame.height]
        counter = read_counter(luma.reshape(frame.height, frame.width))
        if counter is not None:
            tell("video", **{"from": sender}, at_ms=now_ms(), counter=counter, width=frame.width)


async def listen(track: rtc.Track, sender: str, tell: Tell) -> None:
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
