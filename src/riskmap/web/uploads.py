"""Uploaded files in a private folder of the session, gone with the session or once they are imported."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Protocol

import streamlit as st

from riskmap.sources.kinds import last_suffix
from riskmap.sources.private_folders import PrivateFolder
from riskmap.web.language import t

ROUND_KEY = "upload-round"
SHAPEFILE_SIDES = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qpj")


class Upload(Protocol):
    """What a file chooser hands out."""

    file_id: str
    name: str

    def getbuffer(self) -> memoryview:
        """Return the file's bytes."""


# One set of files a session: another set, or the session's end, removes the one before.
@st.cache_resource(scope="session", max_entries=1, show_spinner=False, on_release=PrivateFolder.cleanup)
def _folder_of(ids: tuple[str, ...], _files: Sequence[Upload]) -> PrivateFolder:
    """Write the uploads into a folder that only this account may open."""
    folder = PrivateFolder("upload")
    for number, file in enumerate(_files):
        path = Path(folder.name) / _plain_name(file.name)
        if path.exists():  # two files of one name are two files
            path = path.parent / str(number) / path.name
            path.parent.mkdir()
        path.write_bytes(file.getbuffer())
    return folder


def _plain_name(name: str) -> str:
    """Return the last part of a name, whatever folders the sender put before it."""
    return PurePosixPath(name.replace("\\", "/")).name.lstrip(".") or "file"


def take_files() -> list[Path]:
    """Show where files are dropped and return those that are to be read, written into the session's folder.

    What is in them is looked at by the import, which refuses what is too large or not what its name says.
    """
    number = st.session_state.get(ROUND_KEY, 0)
    files = st.file_uploader(t("Files to bring in"), accept_multiple_files=True, key=f"uploads-{number}")
    if not files:
        _folder_of.clear()
        return []
    folder = Path(_folder_of(tuple(file.file_id for file in files), files).name)
    return readable_files(sorted(path for path in folder.rglob("*") if path.is_file()))


def readable_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files of an import: the sides of a Shapefile are read with it, all others stand for themselves."""
    shapes = {path.with_suffix("") for path in paths if last_suffix(path.name) == ".shp"}
    return [
        path for path in paths if not (last_suffix(path.name) in SHAPEFILE_SIDES and path.with_suffix("") in shapes)
    ]


def forget_files() -> None:
    """Remove the session's uploads; the chooser is empty again."""
    _folder_of.clear()
    st.session_state[ROUND_KEY] = st.session_state.get(ROUND_KEY, 0) + 1
