"""Formulas of an .xlsx workbook whose value was never computed: programs write them so, and leave it to Excel."""

import posixpath
import re
import zipfile
from pathlib import Path

from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.xml.functions import fromstring

_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s([^<>]*)>\s*<(?:\w+:)?f\b[^<>]*?(?:/>|>([^<]*)</(?:\w+:)?f>)"
    rb"\s*(?:<(?:\w+:)?v\s*(?:/>|>([^<]*)</(?:\w+:)?v>))?"
)
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


def uncomputed_cells(path: Path, sheet: str) -> dict[tuple[int, int], str]:
    """Return row and column (from 1) of every formula without a value, and the formula.

    Where the workbook asks to be computed when it is opened, a value of 0 is none either: some writers put it there.
    An empty text that was computed (`t="str"`) is a value.
    """
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml")
        content = archive.read(_part(archive, book, sheet))
    is_open = re.search(rb'fullCalcOnLoad="(1|true)"', book) is not None
    found = {}
    for cell, formula, value in _FORMULA.findall(content):
        reference = re.search(rb'\br="([A-Z]{1,3}\d{1,7})"', cell)
        if reference is None or b't="str"' in cell or value.strip() not in ((b"", b"0") if is_open else (b"",)):
            continue
        found[coordinate_to_tuple(reference[1].decode())] = "=" + _plain(formula.decode("utf-8", errors="replace"))
    return found


def _part(archive: zipfile.ZipFile, book: bytes, sheet: str) -> str:
    """Return the name of the entry that holds the worksheet `sheet`."""
    relation = next((part.get(_RELATION) for part in fromstring(book).iter() if part.get("name") == sheet), None)
    for part in fromstring(archive.read("xl/_rels/workbook.xml.rels")).iter():
        if part.get("Id") == relation:
            return posixpath.normpath(posixpath.join("/xl", part.get("Target", ""))).lstrip("/")
    raise KeyError(sheet)


def _plain(text: str) -> str:
    for entity, sign in _ENTITIES.items():
        text = text.replace(entity, sign)
    return text
