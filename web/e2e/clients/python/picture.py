"""The counted picture of the browser harness (see harness/picture.ts for its geometry): draw, read."""

import numpy as np

CELLS = 4
CELL = 0.06
CHECK_MASK = 0b1010
FRAMES = 300
FRAMES_PER_SECOND = 30
WIDTH, HEIGHT = 640, 360


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
