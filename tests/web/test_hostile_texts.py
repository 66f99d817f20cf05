"""Text that attacks comes out as text: in no page does it become markup, in no file a formula."""

import io
import json
from html.parser import HTMLParser

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from fabricated import blank_slides
from hostile import CORPUS, FORMULAS, LAYERS, hostile_study, text_columns
from streamlit.testing.v1 import AppTest

from riskmap.briefing.pack import Pack
from riskmap.briefing.pack_facts import gather_pack
from riskmap.decisions.challenges import file_challenge
from riskmap.layers.store import read_layer
from riskmap.sources.persons import mask_text
from riskmap.study import REPOSITORY, load_study
from riskmap.surface.export import FORMULA_STARTS, export_table
from riskmap.surface.publish import read_surface
from riskmap.web.exports import SHAPE_FORMS, Export, about_file, export_file

PAGES = sorted(path.stem for path in (REPOSITORY / "pages").glob("*.py"))
OURS = {"p", "span", "div", "b", "br", "i", "ul", "li", "a", "style", "strong", "link", "code"}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("hostile")
    study = hostile_study(home)
    for text in CORPUS:
        file_challenge(study, "s", f"{text} and that is wrong there")
    return home


@pytest.fixture
def study(home, monkeypatch):
    monkeypatch.setenv("RISKMAP_HOME", str(home))
    return load_study("ocean", home)


class Tags(HTMLParser):
    """Collects what a browser would take for markup."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def strings(value):
    if isinstance(value, dict):
        return [text for one in value.values() for text in strings(one)]
    if isinstance(value, list):
        return [text for one in value for text in strings(one)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", [name for name in PAGES if name != "data"])
def test_no_page_makes_markup_of_it(study, monkeypatch, page, language):
    blank_slides(monkeypatch)
    session = AppTest.from_file(str(REPOSITORY / "pages" / f"{page}.py"), default_timeout=120)
    session.query_params.update({"lang": language, "l": "cshevwnr"})
    session.run()
    assert not session.exception, session.exception
    for element in session.get("html"):
        tags = Tags()
        tags.feed(element.proto.body)
        for tag, attributes in tags.found:
            assert tag in OURS
            assert not [name for name in attributes if name.startswith("on")]
            assert (attributes.get("href") or "/").startswith(("/", "#"))
    for element in session.get("markdown"):
        assert not element.allow_html
    for element in session.get("deck_gl_json_chart"):
        for text in strings(json.loads(element.proto.json)):
            assert not (text.startswith("@@") and "attacked" in text)


def exported(study, layer, form):
    export = Export(layer, layer, lambda: export_table(study, layer), shapes=True)
    content = export_file(study, export, form, about_file(study, read_surface(study), layer))
    return io.BytesIO(content)


def expected_texts(study, layer, column):
    """The texts as they may leave: numbers that name a person are masked at the exit, nothing else changes."""
    return [mask_text(str(text)) for text in read_layer(study, layer)[column]]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_workbook_holds_texts_and_no_formula(study, layer):
    book = openpyxl.load_workbook(exported(study, layer, "xlsx"))
    for sheet in book:
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}
    rows = list(book["list"].values)[1:]
    table = pd.DataFrame(rows[1:], columns=rows[0])
    source = read_layer(study, layer)
    assert text_columns(source, layer)
    for column in text_columns(source, layer):
        written = [str(text).replace("_x000D_", "\r") for text in table[column]]
        assert [text.strip() for text in written] == [text.strip() for text in expected_texts(study, layer, column)]


@pytest.mark.parametrize("layer", LAYERS)
def test_a_csv_holds_nothing_that_a_spreadsheet_runs(study, layer):
    content = exported(study, layer, "csv").getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    source = read_layer(study, layer)
    for column in text_columns(source, layer):
        assert not table[column].str.startswith(FORMULA_STARTS).any()
        plain = table[column].str.removeprefix("'")
        assert set(plain) <= {text.removeprefix("'") for text in expected_texts(study, layer, column)}
    assert set(table["simulated"]) == {"SIMULATED / 模拟数据"}
    assert set(table["snapshot_id"]) == {read_surface(study).snapshot_id}


@pytest.mark.parametrize("form", SHAPE_FORMS)
@pytest.mark.parametrize("layer", [name for name in LAYERS if name not in ("samples", "population", "effort")])
def test_geographic_files_hold_the_texts_as_they_are(study, layer, form, tmp_path):
    path = tmp_path / f"x.{form}"
    path.write_bytes(exported(study, layer, form).getvalue())
    table = gpd.read_parquet(path) if form == "parquet" else gpd.read_file(path)
    for column in text_columns(read_layer(study, layer), layer):
        assert table[column].tolist() == expected_texts(study, layer, column)


def test_the_briefing_is_written_with_it(study, tmp_path):
    for language in ("zh", "en"):
        pack = Pack(gather_pack(study, read_surface(study)), language)
        assert pack.file(pack.documents[0])[:2] == b"PK"
        assert pack.file(pack.documents[1])[:4] == b"%PDF"


def test_every_formula_of_the_corpus_begins_with_a_sign_that_is_known():
    assert all(text.startswith(FORMULA_STARTS) for text in FORMULAS)
