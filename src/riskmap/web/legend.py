"""The legend as HTML; every word in it is escaped, whether it is ours or comes from data."""

import re
from collections.abc import Sequence
from html import escape

from riskmap.figures.legend import Key, LegendEntry
from riskmap.figures.words import SIMULATED


def legend_html(key: Key, language: str) -> str:
    """Return the legend's HTML: the mark of simulated data, titles, heads of columns, entries, notes."""
    heads = "".join(f'<span class="col">{escape(head)}</span>' for head in key.columns)
    rows = f'<div class="row rm-muted"><span class="space"></span>{heads}</div>' if heads else ""
    rows += "".join(_row(entry, language) for entry in key.entries)
    small = "".join(f'<div class="rm-muted">{escape(note)}</div>' for note in key.notes)
    mark = f'<div class="rm-simulated">{escape(SIMULATED)}</div>' if key.simulated else ""
    titles = "".join(f"<div><b>{escape(title)}</b></div>" for title in key.titles)
    return f'<div class="rm-legend">{mark}{titles}{rows}{small}</div>'


def _row(entry: LegendEntry, language: str) -> str:
    texts = [escape(text) for text in (entry.words(language), *entry.more)]
    said = "".join(f'<span class="col">{text}</span>' for text in texts) if entry.more else f"<span>{texts[0]}</span>"
    return f'<div class="row">{_mark(entry)}{said}</div>'


def _mark(entry: LegendEntry) -> str:
    fill, line = escape(entry.fill), escape(entry.line)
    if entry.mark == "dot":
        return f'<span class="dot" style="background:{fill};border-color:{line};outline:1px solid #14202b"></span>'
    if entry.mark == "line":
        return f'<span class="bar" style="border-color:{line}"></span>'
    if entry.mark == "ring":
        return f'<span class="dot" style="border-color:{line}"></span>'
    if entry.mark in ("dotted", "hatched"):
        return f'<span class="box {entry.mark}" style="color:{fill}"></span>'
    if entry.mark == "sign":
        return f'<span class="sign" style="color:{line}">{fill}</span>'
    return f'<span class="box" style="background:{fill}"></span>'


def line_html(line: str) -> str:
    """Return a plain line as HTML; what stands between backticks, as `riskmap audit`, is set as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(line))


def lines_html(lines: Sequence[str], *, listed: bool = False, muted: bool = False) -> str:
    """Return plain lines as HTML, as a list where `listed`."""
    if listed:
        return '<ul class="rm-list">' + "".join(f"<li>{line_html(line)}</li>" for line in lines) + "</ul>"
    tone = " rm-muted" if muted else ""
    return "".join(f'<p class="rm-line{tone}">{line_html(line)}</p>' for line in lines)
