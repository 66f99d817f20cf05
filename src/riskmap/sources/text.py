"""Delimited text: its rows with the line on which each begins."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from riskmap.errors import SourceError
from riskmap.sources.encodings import Decoded, encoding_error
from riskmap.sources.headers import HEADER_WITHIN, find_header, unique_names
from riskmap.sources.recipe import TableForm

MOST_COLUMNS = 10_000
FEWEST_COMMAS = 3
"""With fewer in a row, lines of free text have as many by chance."""
LONGEST_TOP = 1_000_000
"""Characters at the top of a file in which too many columns are looked for."""
NO_ROWS = pd.DataFrame({"row": pd.Series(dtype="int64"), "original": pd.Series(dtype="str")})
"""Made once: most of many small files have nothing to set aside."""
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))


@dataclass(frozen=True)
class TextRows:
    """The rows of a text table.

    `rows` is the line on which each begins, counted from 1 with the header; `misfits` (row, original) are rows with
    more or fewer fields than the header; `undecodable` (row, original) rows whose bytes are not of the file's encoding.
    """

    frame: pd.DataFrame
    rows: np.ndarray
    misfits: pd.DataFrame
    undecodable: pd.DataFrame


def read_text(decoded: Decoded, form: TableForm, suffix: str, file: str, wanted: Sequence[str] = ()) -> TextRows:
    """Return the rows of delimited text.

    Parameters
    ----------
    wanted
        Columns that the recipe names; they tell the header row where the recipe does not.

    Raises
    ------
    SourceError
        If there is no header, or its own bytes are not of the file's encoding.
    """
    frame, rows, misfits, lines_before = parse_rows(decoded.text, form, suffix, file, wanted)
    if not decoded.strays:
        return TextRows(frame, rows, misfits, set_aside([]))
    if min(decoded.strays) <= lines_before:
        raise encoding_error(file, [decoded.encoding], min(decoded.strays))
    begins = np.sort(np.concatenate([rows, misfits["row"].to_numpy("int64")]))
    owners: dict[int, str] = {}
    for line, original in decoded.strays.items():
        after = int(np.searchsorted(begins, line, side="right"))
        if after:
            begin = int(begins[after - 1])
            owners[begin] = " ".join(part for part in (owners.get(begin, ""), original.strip()) if part)
    stray = np.isin(rows, list(owners))
    return TextRows(
        frame[~stray].reset_index(drop=True),
        rows[~stray],
        misfits,
        set_aside([(int(row), owners[int(row)]) for row in rows[stray]]),
    )


def parse_rows(
    text: str, form: TableForm, suffix: str, file: str, wanted: Sequence[str] = ()
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, int]:
    """Return the rows of delimited text, the line on which each begins, and the rows that do not fit the header.

    Lines end with "\\n" alone; one of blanks or delimiters only is no row.

    Returns
    -------
    Frame of strings; line numbers counted from 1 with the header; frame `row`, `original` of misfits (a row with more
    or fewer fields than the header); the number of lines before the first row.
    """
    _refuse_width(text, form, suffix, file)
    header, delimiter, lines_before = _header(text, form, suffix, file, wanted)
    body = _body(text, lines_before)
    quick = _parse_quickly(body, header, delimiter, form.escape)
    if quick is not None:
        n_lines = body.count("\n") + (not body.endswith("\n") if body else 0)
        if n_lines == len(quick):
            filled = _filled(quick)
            rows = np.flatnonzero(filled) + lines_before + 1
            return quick[filled].reset_index(drop=True), rows, set_aside([]), lines_before
    frame, rows, misfits, open_quote = _parse_carefully(body, header, delimiter, lines_before, form.escape)
    if open_quote is not None:
        raise SourceError(
            "open_quote",
            "{file} has a quote in row {row} that is not closed in its place, so the rows behind it cannot be told "
            "apart; close or remove it and send the file again.",
            file=file,
            row=open_quote,
        )
    return frame, rows, misfits, lines_before


def _refuse_width(text: str, form: TableForm, suffix: str, file: str) -> None:
    """Raise where a line near the top has more fields than any table: its names alone would take minutes."""
    for line in text[:LONGEST_TOP].split("\n"):
        if len(line) >= MOST_COLUMNS and line.count(_delimiter(line, form, suffix)) >= MOST_COLUMNS:
            raise SourceError(
                "too_many_columns", "{file} has more than {most} columns.", file=file, most=f"{MOST_COLUMNS:,}"
            )


def _header(text: str, form: TableForm, suffix: str, file: str, wanted: Sequence[str]) -> tuple[list[str], str, int]:
    """Return the column names, the delimiter, and how many lines lie before the first row."""
    lines = islice(_lines(text), max(form.header_row or 1, HEADER_WITHIN))
    first_lines = [line[:-1] for line in lines if line.endswith("\n")] or [text]
    if form.header_row is None and form.header is None:
        number = find_header([_fields(line, form, suffix) for line in first_lines[:HEADER_WITHIN]], wanted)
    else:
        number = form.header_row or 1
    delimiter = _delimiter(first_lines[number - 1] if len(first_lines) >= number else "", form, suffix)
    if form.header is not None:
        return form.header, delimiter, 0
    reader = csv.reader(islice(_lines(text), len(first_lines[: number - 1]), None), delimiter=delimiter)
    names = [name.strip() for name in next(reader, [])]
    if not any(names):
        raise SourceError("empty_file", "{file} is empty: it has no header and no rows.", file=file)
    return unique_names(names), delimiter, number - 1 + reader.line_num


def _lines(text: str) -> Iterator[str]:
    """Return the lines of a text one after another, their ends with them."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _delimiter(line: str, form: TableForm, suffix: str) -> str:
    return form.delimiter or ("\t" if suffix == ".tsv" and "\t" in line else max(",;\t|", key=line.count))


def _fields(line: str, form: TableForm, suffix: str) -> list[str]:
    return next(csv.reader([line], delimiter=_delimiter(line, form, suffix)), [])


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


def _filled(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows hold anything: a line of blanks, or of commas alone, is no row."""
    filled = np.zeros(len(frame), dtype=bool)
    for name in frame:
        left = np.flatnonzero(~filled)
        if not len(left):
            break
        filled[left] = (frame[name].iloc[left].str.strip() != "").to_numpy(bool)
    return filled


def _parse_carefully(
    body: str, header: list[str], delimiter: str, lines_before: int, escape: str | None
) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame, int | None]:
    """Return the same for text with line breaks inside cells, blank lines or ragged rows.

    The last is the row, if any, in which a quote opens that is not closed in its place; nothing is known behind it.
    """
    quoting: dict[str, Any] = {"delimiter": delimiter, "escapechar": escape, "doublequote": escape is None}
    reader = csv.reader(io.StringIO(body, newline=""), **quoting)
    texts = body.split("\n")
    rows, lines, misfits, begins = [], [], [], 1
    for fields in reader:
        line, first, begins = begins + lines_before, begins, reader.line_num + 1
        several = begins - first > 1 or begins > len(texts)
        if several and _swallowed_rows("\n".join(texts[first - 1 : begins - 1]), fields, header, quoting):
            return pd.DataFrame(), np.empty(0), set_aside([]), line
        if not any(field.strip() for field in fields):
            continue
        if len(fields) == len(header):
            rows.append(fields)
            lines.append(line)
        else:
            misfits.append((line, delimiter.join(fields)))
    frame = pd.DataFrame(rows, columns=header, dtype="str")
    return frame, np.array(lines, dtype=np.int64), set_aside(misfits), None


def _swallowed_rows(text: str, fields: list[str], header: list[str], quoting: dict[str, Any]) -> bool:
    """Return whether a row of several lines is so because a quote in it is not closed in its place.

    Then the text behind a closing quote goes on, or there is none up to the end of the file, or what stands between
    the quotes are whole rows of the table.
    """
    try:
        list(csv.reader(io.StringIO(text, newline=""), strict=True, **quoting))
    except csv.Error:
        return True
    commas = [line.count(quoting["delimiter"]) for field in fields for line in field.split("\n")[1:-1]]
    whole = len(header) - 1
    return whole >= FEWEST_COMMAS and bool(commas) and set(commas) == {whole}


def set_aside(rows: list[tuple[int, str]]) -> pd.DataFrame:
    """Return rows that are not in the frame, by number and as they came."""
    if not rows:
        return NO_ROWS.copy()
    return pd.DataFrame(rows, columns=["row", "original"]).astype({"row": "int64", "original": "str"})
