"""What can be taken away from a page: its tables and maps, by one control in the page's head.

Whatever shows a table or a map puts it on the list (`offer_table`, `offer`); the control at the end of the page
(`show_exports`) asks which one and in what form. A file is made when it is asked for, says where it is from, and is
written down; readers who may take nothing see no control, and are refused by what makes the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from riskmap.audit import recorded
from riskmap.decisions.workbook import write_workbook
from riskmap.figures.plain import plain_text
from riskmap.figures.words import SIMULATED
from riskmap.sources.private_folders import PrivateFolder
from riskmap.study import Study
from riskmap.surface.export import write_export
from riskmap.surface.publish import Surface
from riskmap.web.access import current_reader, kept_for_later, may, require_as_drawn
from riskmap.web.language import current_view, t
from riskmap.web.legend import lines_html
from riskmap.web.loaded import load_scale

LIST_KEY = "exports"
PLAIN_FORMS = ("xlsx", "csv")
SHAPE_FORMS = ("gpkg", "geojson", "parquet")
FORM_WORDS = {
    "xlsx": "Excel",
    "csv": "CSV",
    "gpkg": "GeoPackage",
    "geojson": "GeoJSON",
    "parquet": "GeoParquet",
    "png": "PNG",
}
MIME_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "png": "image/png",
}


@dataclass(frozen=True)
class Export:
    """One thing that can be taken: `table` makes its rows, `picture` its PNG from what the file says of itself.

    Either is called when the file is asked for, outside the session: it must not speak the session's language.
    """

    name: str
    title: str
    table: Callable[[], pd.DataFrame | gpd.GeoDataFrame] | None = None
    shapes: bool = False
    picture: Callable[[Mapping[str, str]], bytes] | None = None
    about: Mapping[str, str] = field(default_factory=dict)

    @property
    def forms(self) -> tuple[str, ...]:
        """The forms of file that it can be taken in."""
        tables = (*PLAIN_FORMS, *(SHAPE_FORMS if self.shapes else ())) if self.table else ()
        return (*(("png",) if self.picture else ()), *tables)


def begin_list() -> None:
    """Forget what another page offered."""
    st.session_state[LIST_KEY] = {}


def offer(export: Export) -> None:
    """Put something on the page's list."""
    st.session_state.setdefault(LIST_KEY, {})[export.name] = export


def offer_table(name: str, title: str, table: pd.DataFrame) -> None:
    """Put a table on the page's list as it is shown."""
    offer(Export(name, title, lambda: table))


def show_table(name: str, title: str, table: pd.DataFrame, **options: Any) -> Any:
    """Show a table as `st.dataframe` does, and put it on the page's list."""
    offer_table(name, title, table)
    return st.dataframe(table, **options)


def about_file(study: Study, surface: Surface | None, what: str) -> dict[str, str]:
    """Return what a file says of itself; blank where there is nothing to say."""
    manifest = {} if surface is None else surface.manifest
    return {
        "area": study.id,
        "what": what,
        "within": ", ".join(study.within),
        "snapshot_id": "" if surface is None else surface.snapshot_id,
        "data_cut_off": str(manifest.get("data_cut_off", "")),
        "period_start": str(manifest.get("period_start", "")),
        "period_end": str(manifest.get("period_end", "")),
        "scale_id": "" if surface is None else load_scale(study, surface).scale_id,
        "marking": study.marking,
        "map_number": study.map_number,
        "simulated": SIMULATED if study.simulated else "",
    }


def file_name(about: Mapping[str, str], form: str) -> str:
    """Return a name that tells the area, the thing, the data cut-off, the snapshot and whether it is simulated."""
    parts = [about["area"], about["what"], about["data_cut_off"][:10], about["snapshot_id"]]
    parts += ["SIMULATED"] if about["simulated"] else []
    return "-".join(part for part in parts if part) + f".{form}"


def export_file(study: Study, export: Export, form: str, about: Mapping[str, str]) -> bytes:
    """Return the file that the reader asked for, and write down that they did.

    Raises
    ------
    AccessError
        If they may take nothing away, or see other areas now.
    """
    seen = require_as_drawn("export", study)
    name = file_name(about, form)
    with recorded(seen.home, current_reader().who, "export", seen.id, about["within"], name):
        if form == "png":
            return export.picture(about)  # type: ignore[misc]  # `forms` offers a PNG of pictures only
        table = export.table()  # type: ignore[misc]  # and the others of tables
        with PrivateFolder("export") as folder:
            path = Path(folder) / f"export.{form}"
            write_export(table, path, form, partial(_workbook, about=about), about)
            return path.read_bytes()


def logged_file(study: Study, name: str, make: Callable[[], bytes | str]) -> Callable[[], bytes]:
    """Return what makes a file that is as it is (a card, a receipt, a frozen list), to be asked for and logged."""

    def made() -> bytes:
        seen = require_as_drawn("export", study)
        with recorded(seen.home, current_reader().who, "export", seen.id, ",".join(seen.within), name):
            content = make()
            return content.encode() if isinstance(content, str) else content

    return kept_for_later(made)


def _workbook(path: Path, flat: pd.DataFrame, about: Mapping[str, str]) -> object:
    return write_workbook(path, flat, {key: text for key, text in about.items() if text}, about["simulated"])


def show_exports(study: Study, surface: Surface | None, slot: DeltaGenerator) -> None:
    """Show the control in the page's head, where the page offers anything and the reader may take it."""
    if st.session_state.get(LIST_KEY) and may("export", study):
        with slot:
            st.fragment(_control)(study, surface)


def _control(study: Study, surface: Surface | None) -> None:
    found: dict[str, Export] = st.session_state.get(LIST_KEY) or {}
    language = current_view().language
    with st.popover(t("Export"), key="export-popover"):
        titles = {name: plain_text(export.title) for name, export in found.items()}
        # Tables, then pictures, by title: pages draw their parts now in this order, now in that.
        names = sorted(found, key=lambda name: (found[name].table is None, titles[name]))
        words = t("What to take")
        name = st.selectbox(words, names, format_func=titles.__getitem__, key=f"export-what-{language}")
        export = found[name]
        form = st.radio(
            t("Format"),
            export.forms,
            format_func=FORM_WORDS.__getitem__,
            horizontal=True,
            key=f"export-form-{'-'.join(export.forms)}-{language}",
        )
        about = {**about_file(study, surface, name), **export.about}
        st.download_button(
            t("Take {form}", form=FORM_WORDS[form]),
            kept_for_later(partial(export_file, study, export, form, about)),
            file_name=file_name(about, form),
            mime=MIME_TYPES[form],
            key=f"export-{name}-{form}",
            on_click="ignore",
            type="primary",
        )
        st.html(lines_html([t("Made when asked for, and written down in the audit log.")], muted=True))
