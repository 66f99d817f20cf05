"""Make the shipped font files from Noto Sans CJK SC; run by hand when the subset has to change.

    python assets/fonts/make_subset.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Needs the `tools` packages (fonttools, brotli) and Debian's fonts-noto-cjk. Three files: for matplotlib one OTF with all
20,992 unified ideographs (names of places and firms go far beyond GB2312) and the symbols that the pages print; for
browsers a woff2 with GB2312, Latin and symbols, and a second one with the other ideographs, which a browser fetches
only when a text needs one of them. Dates inside the files are fixed: the same source font gives the same bytes.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent
FAMILY = "Noto Sans SC Riskmap"
# The SC face of the collection: other faces draw the same code points in Japanese, Korean or Taiwanese forms.
FACE_NAME = "Noto Sans CJK SC"
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x370, 0x400), *range(0x400, 0x460)]
SYMBOLS = [*range(0x2000, 0x2070), *range(0x2070, 0x20D0), *range(0x2100, 0x2150), *range(0x2150, 0x2300)]
SHAPES = [*range(0x2460, 0x2500), *range(0x2500, 0x2700), *range(0x3000, 0x3040), *range(0xFF00, 0xFFF0)]
IDEOGRAPHS = range(0x4E00, 0xA000)


def gb2312() -> list[int]:
    """Return the code points of GB2312."""
    rows = range(0xA1, 0xF8)
    columns = range(0xA1, 0xFF)
    decoded = (bytes((row, column)).decode("gb2312", "ignore") for row in rows for column in columns)
    return [ord(character) for character in decoded if character]


def find_face(collection: Path) -> int:
    """Return the number of the SC face in `collection`."""
    for number in range(64):
        font = TTFont(collection, fontNumber=number, lazy=True)
        if font["name"].getDebugName(1) == FACE_NAME:
            return number
    raise SystemExit(f"{collection} has no face named {FACE_NAME}")


def rename(font: TTFont) -> None:
    """Give the subset its own family name, so that nobody takes it for the whole font."""
    names = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY.replace(" ", ""), 16: FAMILY, 17: "Regular"}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]


def cut(collection: Path, code_points: set[int]) -> TTFont:
    """Return the SC face of `collection` reduced to `code_points`."""
    options = subset.Options(
        layout_features=["kern", "locl", "ccmp"],
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17],
        hinting=False,
        desubroutinize=False,
        notdef_outline=True,
        recalc_timestamp=False,
    )
    font = TTFont(collection, fontNumber=find_face(collection), recalcTimestamp=False)
    worker = subset.Subsetter(options)
    worker.populate(unicodes=sorted(code_points))
    worker.subset(font)
    rename(font)
    return font


def save(font: TTFont, path: Path, flavor: str | None) -> None:
    """Write `font` to `path`."""
    font.flavor = flavor
    font.save(path)


def main(collection: Path) -> None:
    """Write the OTF and the two woff2 files."""
    web = FOLDER.parents[1] / "src" / "riskmap" / "web" / "static"
    base = {*LATIN, *SYMBOLS, *SHAPES, *gb2312()}
    save(cut(collection, base), web / "NotoSansSC-subset.woff2", "woff2")
    save(cut(collection, set(IDEOGRAPHS) - base), web / "NotoSansSC-rest.woff2", "woff2")
    save(cut(collection, base | set(IDEOGRAPHS)), FOLDER / "NotoSansSC-subset.otf", None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
