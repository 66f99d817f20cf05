"""Delimited text: its encoding, and its rows with the line on which each begins."""

import csv
import io
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from riskmap.errors import SourceError
from riskmap.sources.recipe import TableForm

BINARY_SIGNATURES = (
    b"PK\x03\x04",
    b"\x7fELF",
    b"MZ",
    b"%PDF",
    b"\x89PNG",
    b"\xd0\xcf\x11\xe0",
    b"SQLite format",
    b"PAR1",
)
BYTE_ORDER_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


def decode(raw: bytes, encodings: list[str], file: str) -> tuple[str, str]:
    """Return the text of `raw` and the encoding that fits it.

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
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise SourceError("encoding", "Encoding {encoding!r} is not known.", encoding=encoding) from None
        return text.removeprefix("\ufeff"), encoding
    raise SourceError(
        "encoding",
        "{file} is not valid {encodings} (line {line}); name its encoding in the recipe.",
        file=file,
        encodings=" / ".join(tried),
        line=_first_bad_line(raw, tried[0]),
    )


def _first_bad_line(raw: bytes, encoding: str) -> int:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError as invalid:
        return raw.count(b"\n", 0, invalid.start) + 1
    return 1


def parse_rows(text: str, form: TableForm, suffix: str, file: str) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Return the rows of delimited text, the line on which each begins, and the rows that do not fit the header.

    Returns
    -------
    Frame of strings; line numbers counted from 1 with the header; frame `row`, `original` of misfits (a row with more
    or fewer fields than the header).
    """
    if "\n" not in text:
        text = text.replace("\r", "\n")
    header, delimiter, lines_before = _header(text, form, suffix, file)
    body = _body(text, lines_before)
    quick = _parse_quickly(body, header, delimiter, form.escape)
    if quick is not None:
        n_lines = body.count("\n") + (not body.endswith("\n") if body else 0)
        if n_lines == len(quick):
            return quick, np.arange(len(quick), dtype=np.int64) + lines_before + 1, _misfits([])
    return _parse_carefully(body, header, delimiter, lines_before, form.escape)


def _header(text: str, form: TableForm, suffix: str, file: str) -> tuple[list[str], str, int]:
    """Return the column names, the delimiter, and how many lines lie before the first row."""
    first_lines = text.split("\n", form.header_row)
    line = first_lines[form.header_row - 1] if len(first_lines) >= form.header_row else ""
    delimiter = form.delimiter or ("\t" if suffix == ".tsv" else max(",;\t|", key=line.count))
    if form.header is not None:
        return form.header, delimiter, 0
    before = "".join(part + "\n" for part in first_lines[: form.header_row - 1])
    reader = csv.reader(io.StringIO(text[len(before) :], newline=""), delimiter=delimiter)
    names = [name.strip() for name in next(reader, [])]
    if not any(names):
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=file)
    return unique_names(names), delimiter, form.header_row - 1 + reader.line_num


def unique_names(names: list[str]) -> list[str]:
    """Return the names, repeated or blank ones told apart by their position."""
    seen: set[str] = set()
    unique = []
    for position, name in enumerate(names, start=1):
        fresh = name if name and name not in seen else f"{name or 'column'} ({position})"
        seen.add(fresh)
        unique.append(fresh)
    return unique


def _body(text: str, lines_before: int) -> str:
    start = 0
    for _ in range(lines_before):
        end = text.find("\n", start)
        if end < 0:
            return ""
        start = end + 1
    return text[start:]


def _parse_quickly(body: str, header: list[str], delimiter: str, escape: str | None) -> pd.DataFrame | None:
    """Return the rows where every line is one row of as many fields as the header, else None."""
    if not body:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in header})
    try:
        table = pa_csv.read_csv(
            io.BytesIO(body.encode()),
            read_options=pa_csv.ReadOptions(column_names=header, block_size=2**24),
            parse_options=pa_csv.ParseOptions(
                delimiter=delimiter,
                newlines_in_values=True,
                ignore_empty_lines=False,
                escape_char=escape or False,
                double_quote=escape is None,
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError):
        return None
    return table.to_pandas(self_destruct=True)


def _parse_carefully(
    body: str, header: list[str], delimiter: str, lines_before: int, escape: str | None
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Return the same for text with line breaks inside cells, blank lines or ragged rows."""
    reader = csv.reader(
        io.StringIO(body, newline=""), delimiter=delimiter, escapechar=escape, doublequote=escape is None
    )
    rows, lines, misfits, begins = [], [], [], 1
    for fields in reader:
        line, begins = begins + lines_before, reader.line_num + 1
        if len(fields) == len(header):
            rows.append(fields)
            lines.append(line)
        elif any(field.strip() for field in fields):
            misfits.append((line, delimiter.join(fields)))
    frame = pd.DataFrame(rows, columns=header, dtype="str")
    return frame, np.array(lines, dtype=np.int64), _misfits(misfits)


def _misfits(rows: list[tuple[int, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["row", "original"]).astype({"row": "int64", "original": "str"})
