# SPDX-License-Identifier: LGPL-2.1-or-later
"""The CBOR that evidence consists of: definite lengths, no tags, no floats.

Written for the tests alone, so that they share no code with what they test.
"""

UINT, NEGATIVE, BYTES, TEXT, ARRAY, MAP = range(6)


def loads(data):
    value, end = _load(data, 0)
    if end != len(data):
        raise ValueError(f"{len(data) - end} bytes after the item")
    return value


def _head(data, pos):
    major, info = data[pos] >> 5, data[pos] & 31
    pos += 1
    if info < 24:
        return major, info, pos
    if info > 27:
        raise ValueError(f"byte {pos - 1}: no definite length")
    size = 1 << (info - 24)
    return major, int.from_bytes(data[pos:pos + size], "big"), pos + size


def _load(data, pos):
    major, number, pos = _head(data, pos)
    if major == UINT:
        return number, pos
    if major in (BYTES, TEXT):
        raw = data[pos:pos + number]
        return (raw.decode() if major == TEXT else raw), pos + number
    if major == ARRAY:
        items = []
        for _ in range(number):
            item, pos = _load(data, pos)
            items.append(item)
        return items, pos
    if major == MAP:
        pairs = {}
        for _ in range(number):
            key, pos = _load(data, pos)
            pairs[key], pos = _load(data, pos)
        return pairs, pos
    raise ValueError(f"byte {pos}: major type {major}")


def dumps(value):
    if isinstance(value, int):
        return _number(UINT, value)
    if isinstance(value, bytes):
        return _number(BYTES, len(value)) + value
    if isinstance(value, str):
        return _number(TEXT, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _number(ARRAY, len(value)) + b"".join(map(dumps, value))
    return _number(MAP, len(value)) + b"".join(
        dumps(k) + dumps(v) for k, v in value.items())


def _number(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << (8 * size):
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError("too large")
