"""Reads the text of each page out of a PDF that Typst wrote, without spaces; no other PDF is understood."""

from __future__ import annotations

import re
import zlib
from functools import cache

TOKEN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:\\.|[^\\()])*)\)", re.DOTALL)
ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pdf_pages(content: bytes) -> list[str]:
    """The text of every page, in order."""
    bodies = {
        int(number): body for number, body in re.findall(rb"(?<!\d)(\d+) 0 obj\n(.*?)\nendobj", content, re.DOTALL)
    }

    @cache
    def letters(font: int) -> dict[int, str]:
        maps = _stream(bodies[_reference(bodies[font], b"ToUnicode")])
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>\n", maps)
        return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}

    pages = []
    for body in bodies.values():
        if re.match(rb"<</Type/Page/", body):
            resources = bodies[_reference(body, b"Resources")]
            fonts = {name: int(number) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)}
            pages.append(
                _text(_stream(bodies[_reference(body, b"Contents")]), {n: letters(f) for n, f in fonts.items()})
            )
    return pages


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found is not None
    return int(found[1])


def _stream(body: bytes) -> bytes:
    raw = body[body.index(b"stream\n") + len(b"stream\n") : body.rindex(b"\nendstream")]
    return zlib.decompress(raw) if b"FlateDecode" in body else raw


def _text(drawing: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    written, font = "", {}
    for name, text in TOKEN.findall(drawing):
        font = fonts[name] if name else font
        codes = ESCAPE.sub(lambda found: LETTERS.get(found[1]) or _octal(found[1]), text)
        written += "".join(font.get(int.from_bytes(codes[i : i + 2]), "") for i in range(0, len(codes) - 1, 2))
    return "".join(written.split())


def _octal(escaped: bytes) -> bytes:
    return bytes([int(escaped, 8)]) if escaped.isdigit() else escaped
