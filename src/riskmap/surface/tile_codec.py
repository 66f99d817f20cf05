"""Cells as Mapbox vector tiles, made on whole arrays, of which a new forecast rewrites two bytes a cell.

Each cell is a polygon with the properties k (class), t (what the pointer reads), i (position among the cells of its
resolution) and r (resolution). k and t are indices into the tile's table of values, whose first entries are the classes
and their texts: the geometry of a grid is encoded once, and the table is put before it when a tile is asked for.
Source: Mapbox Vector Tile Specification 2.1.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

EXTENT = 4096
CLASSES = 32
"""Values of k, 0 to 31; as many texts follow in the table, then the resolution, then the positions."""
MOVE_TO, LINE_TO, CLOSE_PATH = 1, 2, 7
NAME, FEATURES, KEYS, VALUES = 0x0A, 0x12, 0x1A, 0x22
POINT, POLYGON = 1, 3
CLASS_AT, TEXT_AT = 5, 7
"""Bytes from a feature's beginning to its class (FEATURES, length, 0x12, length, key) and to its text."""
Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]


def varints(values: Integers) -> tuple[Bytes, Integers]:
    """Return numbers from 0 to 2^28 - 1 as protobuf varints: bytes, shape (n, 4), and how many of them count."""
    groups = np.stack([(values >> shift) & 0x7F for shift in (0, 7, 14, 21)], axis=1)
    length = 1 + (values >= 1 << 7).astype(np.int64) + (values >= 1 << 14) + (values >= 1 << 21)
    more = np.arange(4) < length[:, np.newaxis] - 1
    return (groups | (more << 7)).astype(np.uint8), length


def zigzag(values: Integers) -> Integers:
    """Return signed numbers as unsigned ones, small where they are near zero."""
    return (values << 1) ^ (values >> 63)


class Ragged:
    """Byte strings of different lengths, put together column by column."""

    def __init__(self, rows: int) -> None:
        self._columns: list[tuple[Bytes, Integers]] = []
        self.length = np.zeros(rows, dtype=np.int64)

    def add(self, values: Bytes, length: Integers) -> None:
        """Append to each row the first `length` bytes of its row of `values`."""
        self._columns.append((values, length))
        self.length = self.length + length

    def add_byte(self, value: int | Integers, present: NDArray[np.bool_] | None = None) -> None:
        """Append one byte to each row, or to those that are `present`."""
        rows = len(self.length)
        column = np.broadcast_to(np.asarray(value, dtype=np.uint8), (rows,))[:, np.newaxis]
        self.add(column, np.ones(rows, dtype=np.int64) if present is None else present.astype(np.int64))

    def add_varints(self, values: Integers, present: NDArray[np.bool_] | None = None) -> None:
        """Append each row's number."""
        data, length = varints(values)
        self.add(data, length if present is None else length * present)

    def add_rows(self, other: "Ragged") -> None:
        """Append to each row that row of `other`."""
        for values, length in other._columns:
            self.add(values, length)

    def join(self) -> tuple[Bytes, Integers]:
        """Return all rows one after the other, and where each begins, shape (rows + 1,)."""
        begins = np.concatenate([[0], np.cumsum(self.length)])
        data = np.empty(begins[-1], dtype=np.uint8)
        at = begins[:-1].copy()
        for values, length in self._columns:
            for byte in range(values.shape[1]):
                there = length > byte
                data[at[there] + byte] = values[there, byte]
            at = at + length
        return data, begins


def encode_cells(x: Integers, y: Integers, corners: Integers, number: Integers) -> tuple[Bytes, Integers]:
    """Encode polygons as features of class 0.

    Parameters
    ----------
    x, y
        Corners in tile units, clockwise on the screen, first one not repeated, shape (n, most corners).
    corners
        How many corners each has, shape (n,).
    number
        Place of each feature in its tile, shape (n,).

    Returns
    -------
    All features, and where each begins, shape (n + 1,).
    """
    rows = len(corners)
    geometry = Ragged(rows)
    geometry.add_byte(MOVE_TO | 1 << 3)
    before = np.zeros((2, rows), dtype=np.int64)
    for corner in range(x.shape[1]):
        present = corner < corners
        if corner == 1:
            geometry.add_byte(LINE_TO | (corners - 1) << 3)
        for axis, values in enumerate((x, y)):
            geometry.add_varints(zigzag(values[:, corner] - before[axis]), present)
            before[axis] = values[:, corner]
    geometry.add_byte(CLOSE_PATH | 1 << 3)
    position, position_length = varints(2 * CLASSES + 1 + number)
    tags = Ragged(rows)
    for byte in (0, 0, 1, CLASSES, 2):
        tags.add_byte(byte)
    tags.add(position, position_length)
    for byte in (3, 2 * CLASSES):
        tags.add_byte(byte)
    return _features(POLYGON, geometry, tags)


def encode_points(x: Integers, y: Integers) -> Bytes:
    """Encode points in tile units, shape (n,) each, as features without properties."""
    geometry = Ragged(len(x))
    geometry.add_byte(MOVE_TO | 1 << 3)
    geometry.add_varints(zigzag(x))
    geometry.add_varints(zigzag(y))
    return _features(POINT, geometry, Ragged(len(x)))[0]


def _features(kind: int, geometry: Ragged, tags: Ragged) -> tuple[Bytes, Integers]:
    """Put features together; each is shorter than 128 bytes, as ten corners take at most 75."""
    rows = len(geometry.length)
    body = Ragged(rows)
    body.add_byte(0x12)
    body.add_byte(tags.length)
    body.add_rows(tags)
    for byte in (0x18, kind, 0x22):
        body.add_byte(byte)
    body.add_byte(geometry.length)
    body.add_rows(geometry)
    feature = Ragged(rows)
    feature.add_byte(FEATURES)
    feature.add_byte(body.length)
    feature.add_rows(body)
    return feature.join()


def number_values(numbers: Sequence[int]) -> bytes:
    """Return numbers as entries of a tile's table of values."""
    return b"".join(_field(VALUES, b"\x28" + varint(number)) for number in numbers)


def join_tile(name: str, texts: Sequence[str], resolution: int, rest: bytes) -> bytes:
    """Return a tile of one layer.

    Parameters
    ----------
    texts
        What the pointer reads of each class, from 0 on; further classes have no text.
    rest
        The positions of its cells (`number_values`) and its features.
    """
    keys = b"".join(_field(KEYS, key) for key in (b"k", b"t", b"i", b"r"))
    padded = [*texts, *[""] * (CLASSES - len(texts))]
    said = b"".join(_field(VALUES, _field(0x0A, text.encode())) for text in padded)
    table = number_values(range(CLASSES)) + said + number_values([resolution])
    layer = _field(NAME, name.encode()) + keys + table + rest + b"\x28" + varint(EXTENT) + b"\x78\x02"
    return b"\x1a" + varint(len(layer)) + layer


def _field(tag: int, content: bytes) -> bytes:
    return bytes([tag]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """Return one number as a protobuf varint."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
