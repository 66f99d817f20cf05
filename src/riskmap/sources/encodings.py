"""The encoding of a text file, and the lines that are not of it."""

from dataclasses import dataclass, field

from riskmap.errors import SourceError
from riskmap.sources.kinds import MARK

BINARY_SIGNATURES = (
    b"PK\x03\x04",
    b"\x7fELF",
    b"MZ\x90\0",
    b"%PDF",
    b"\x89PNG",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format",
    b"PAR1",
)
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
LEAST_FITTING = {"utf-8": 0.5, "gb18030": 0.8}
"""Share of the lines with other than ASCII signs that must be of an encoding for the rest to be strays. Hardly any line
is valid UTF-8 by chance; GB18030 takes many lines of single-byte encodings for Chinese."""


@dataclass(frozen=True)
class Decoded:
    """`strays` are the lines (counted from 1) that are not of `encoding`, their bytes written as escapes."""

    text: str
    encoding: str
    strays: dict[int, str] = field(default_factory=dict)


def decode(raw: bytes, encodings: list[str], file: str) -> Decoded:
    """Return the text of `raw`, its lines ended by "\\n" alone, and the encoding that fits it, or most of its lines.

    `auto` tries UTF-8 strictly, then GB18030. Single-byte encodings fit any bytes and so prove nothing: they are
    tried only where a recipe names them.

    Raises
    ------
    SourceError
        If the bytes are no text, or no encoding fits; the message names the first line that does not.
    """
    if raw.startswith(BINARY_SIGNATURES) or (b"\0" in raw[:4096] and raw[:2] not in BYTE_ORDER_MARKS):
        raise SourceError("not_text", "{file} is not a text table, whatever its name says.", file=file)
    tried: list[str] = []
    for encoding in encodings:
        marked = BYTE_ORDER_MARKS.get(raw[:2])
        tried += ([marked] if marked else ["utf-8", "gb18030"]) if encoding == "auto" else [encoding]
    texts = ((encoding, _decoded(raw, encoding)) for encoding in tried)
    whole, text = next(((encoding, text) for encoding, text in texts if text is not None), ("", ""))
    if whole and not (whole == "gb18030" and "utf-8" in tried and _strays(raw, whole)):
        return Decoded(_plain_lines(text).removeprefix("\ufeff"), whole)
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    for encoding in LEAST_FITTING:
        strays = _strays(raw, encoding) if encoding in tried else None
        if strays is not None and len(strays) <= (1 - LEAST_FITTING[encoding]) * _foreign_lines(raw):
            return _decode_mostly(raw, encoding, strays)
    if raw.startswith(MARK) and "utf-8" in tried:
        raise SourceError(
            "encoding",
            "{file} begins with the mark of UTF-8 (BOM), but its text is not UTF-8 from line {line} on: parts of two "
            "files were joined, or the mark was put before other text. Save it anew, all in one encoding.",
            file=file,
            line=_first_bad_line(raw, "utf-8"),
        )
    raise encoding_error(file, tried, _first_bad_line(raw, tried[0]))


def _plain_lines(text: str) -> str:
    """Return the text with every line ended in one way: one file may mix all three."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def encoding_error(file: str, tried: list[str], line: int) -> SourceError:
    """Return the error for a file that no encoding fits."""
    return SourceError(
        "encoding",
        "{file} is not valid {encodings} (line {line}); name its encoding in the recipe.",
        file=file,
        encodings=" / ".join(tried),
        line=line,
    )


def _decoded(raw: bytes, encoding: str) -> str | None:
    """Return the text of bytes, None where they are not of `encoding`."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None
    except LookupError:
        raise SourceError("encoding", "Encoding {encoding!r} is not known.", encoding=encoding) from None


def _foreign_lines(raw: bytes) -> int:
    return sum(not line.isascii() for line in raw.split(b"\n"))


def _strays(raw: bytes, encoding: str) -> set[int]:
    """Return the lines that are not of `encoding`; of GB18030 also those that are Chinese in UTF-8."""
    strays = set()
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line.isascii():
            continue
        if _decoded(line, encoding) is None or (encoding == "gb18030" and _is_chinese_utf8(line)):
            strays.add(number)
    return strays


def _is_chinese_utf8(line: bytes) -> bool:
    """Bytes of GB18030 that are valid UTF-8 by chance nearly always give other scripts than Chinese."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    foreign = [sign for sign in text if not sign.isascii()]
    return all("\u3000" <= sign <= "\u9fff" or sign >= "\uf900" for sign in foreign)


def _decode_mostly(raw: bytes, encoding: str, strays: set[int]) -> Decoded:
    lines, originals = [], {}
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if number in strays:
            originals[number] = line.decode("ascii", errors="backslashreplace")
        lines.append(originals.get(number) or line.decode(encoding))
    return Decoded("\n".join(lines).removeprefix("\ufeff"), encoding, originals)


def _first_bad_line(raw: bytes, encoding: str) -> int:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as invalid:
        return raw.count(b"\n", 0, invalid.start) + 1
    return 1
