"""Files from a publisher that pages, stalls, breaks off and redirects: a small server on this machine plays it."""

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from riskmap.errors import RecipeError, SourceError
from riskmap.sources.download import Patience, download
from riskmap.sources.fetch import fetch_source, holds_nothing
from riskmap.sources.recipe import Recipe

BODY = "".join(f"{number},row\n" for number in range(20_000)).encode()
SHA256 = hashlib.sha256(BODY).hexdigest()


class Publisher(BaseHTTPRequestHandler):
    """Answers by path; `asked` is what it was asked, `faults` how often it still misbehaves."""

    asked: list[tuple[str, str]]
    faults: int
    stop: threading.Event

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.asked.append((self.path, self.headers.get("Range", "")))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        getattr(self, "answer_" + parts.path.strip("/").split("/")[0])(query)

    def send(self, body: bytes, status: int = 200, *, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def misbehaves(self) -> bool:
        type(self).faults -= 1
        return self.faults >= 0

    def answer_pages(self, query: dict[str, str]) -> None:
        first, most = int(query["$offset"]), int(query["$limit"])
        rows = [f"{number}\n" for number in range(first, min(first + most, 5))]
        self.send(("id\n" + "".join(rows)).encode())

    def answer_same(self, query: dict[str, str]) -> None:
        self.send(b"id\n1\n")

    def answer_month(self, query: dict[str, str]) -> None:
        self.send(f"month\n{query['m']}\n".encode())

    def answer_breaks(self, query: dict[str, str]) -> None:
        asked = self.headers.get("Range", "")
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        if begin and self.headers.get("If-Range") != '"one"':
            begin = 0
        rest = BODY[begin:]
        sent = rest[: len(rest) // 2] if self.misbehaves() else rest
        more = {"Content_Range": f"bytes {begin}-{len(BODY) - 1}/{len(BODY)}"} if begin else {}
        self.send(sent, 206 if begin else 200, length=len(rest), ETag=query.get("tag", '"one"'), **more)

    def answer_stalls(self, query: dict[str, str]) -> None:
        if not self.misbehaves():
            self.send(BODY)
            return
        self.send(BODY[:100], length=len(BODY))
        self.wfile.flush()
        self.stop.wait(20)

    def answer_busy(self, query: dict[str, str]) -> None:
        if self.misbehaves():
            self.send(b"", 503, Retry_After="7")
        else:
            self.send(BODY)

    def answer_missing(self, query: dict[str, str]) -> None:
        self.send(b"", 404)

    def answer_circle(self, query: dict[str, str]) -> None:
        self.send(b"", 302, Location="/circle")

    def answer_moved(self, query: dict[str, str]) -> None:
        self.send(b"", 302, Location=query["to"])


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "*")
    Publisher.asked, Publisher.faults, Publisher.stop = [], 0, threading.Event()
    http = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    Publisher.stop.set()
    http.shutdown()
    http.server_close()
    thread.join()


def patience(waits: list[float] | None = None, stall_seconds: float = 10.0) -> Patience:
    """Return a patience that notes its pauses instead of making them."""
    return Patience(stall_seconds, pause=(waits if waits is not None else []).append)


def source(url: str, file: str, **more: object) -> Recipe:
    form = {"name": "trial", "layer": "cases", "fetch": {"url": url, "file": file, **more}}
    return Recipe.model_validate(form)


def get(url: str, target: Path, waits: list[float] | None = None, **more: object) -> None:
    download(url, target, allows=lambda asked: True, patience=patience(waits), **more)  # type: ignore[arg-type]


def test_pages_are_asked_for_until_an_empty_one(server: str, tmp_path: Path) -> None:
    recipe = source(server + "/pages?$limit={limit}&$offset={offset}", "p-{page}.csv", limit=2)
    files = fetch_source(recipe, tmp_path, patience=patience())
    assert [path.name for path in files] == ["p-1.csv", "p-2.csv", "p-3.csv"]
    assert [path.read_text() for path in files] == ["id\n0\n1\n", "id\n2\n3\n", "id\n4\n"]
    assert [path for path, _ in Publisher.asked] == [f"/pages?$limit=2&$offset={at}" for at in (0, 2, 4, 6)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p-1.csv", "p-2.csv", "p-3.csv"]


def test_what_is_there_is_not_fetched_again(server: str, tmp_path: Path) -> None:
    recipe = source(server + "/pages?$limit={limit}&$offset={offset}", "p-{page}.csv", limit=2)
    first = fetch_source(recipe, tmp_path, patience=patience())
    Publisher.asked.clear()
    assert fetch_source(recipe, tmp_path, patience=patience()) == first
    assert [path for path, _ in Publisher.asked] == ["/pages?$limit=2&$offset=6"]


def test_a_publisher_that_does_not_page_is_found_out(server: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="sends the page before it again"):
        fetch_source(source(server + "/same?p={page}", "p-{page}.csv"), tmp_path, patience=patience())
    assert [path.name for path in tmp_path.iterdir()] == ["p-1.csv"]


def test_months_are_fetched_from_the_first_to_the_last(server: str, tmp_path: Path) -> None:
    recipe = source(server + "/month?m={month}", "{month}.csv", months=["2023-11", "2024-01"])
    files = fetch_source(recipe, tmp_path, patience=patience())
    assert [path.name for path in files] == ["2023-11.csv", "2023-12.csv", "2024-01.csv"]
    chosen = fetch_source(recipe, tmp_path, months=["2024-02", "2024-02"], patience=patience())
    assert [path.read_text() for path in chosen] == ["month\n2024-02\n"]


def test_a_download_that_breaks_off_goes_on_where_it_broke(server: str, tmp_path: Path) -> None:
    Publisher.faults = 2
    waits: list[float] = []
    get(server + "/breaks", tmp_path / "a.csv", waits, sha256=SHA256)
    # 94,445 bytes come, of which one whole chunk of 65,536 is kept; then 61,677, less than a chunk; then the rest.
    assert len(BODY) == 188_890
    assert [asked for _, asked in Publisher.asked] == ["", "bytes=65536-", "bytes=65536-"]
    assert waits == [1.0, 2.0]
    assert (tmp_path / "a.csv").read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_no_half_file_ever_has_the_final_name(server: str, tmp_path: Path) -> None:
    Publisher.faults = 99
    with pytest.raises(SourceError, match=r"broke off 5 times \(the connection broke\)") as broken:
        get(server + "/breaks", tmp_path / "a.csv")
    assert "续传" in broken.value.text.zh
    assert not (tmp_path / "a.csv").exists()
    assert 0 < (tmp_path / "a.csv.part").stat().st_size < len(BODY)
    Publisher.faults = 0
    get(server + "/breaks", tmp_path / "a.csv")
    assert Publisher.asked[-1][1].startswith("bytes=")
    assert (tmp_path / "a.csv").read_bytes() == BODY


def test_a_file_that_changed_meanwhile_is_fetched_from_its_beginning(server: str, tmp_path: Path) -> None:
    Publisher.faults = 1
    get(server + '/breaks?tag="two"', tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_bytes() == BODY


def test_a_part_of_unknown_version_is_not_trusted(server: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv.part").write_bytes(b"something else")
    get(server + "/breaks", tmp_path / "a.csv")
    assert Publisher.asked[0][1] == ""
    assert (tmp_path / "a.csv").read_bytes() == BODY


def test_a_stalled_connection_is_given_up_and_taken_up_again(server: str, tmp_path: Path) -> None:
    Publisher.faults = 1
    waits: list[float] = []
    fast = patience(waits, stall_seconds=0.3)
    download(server + "/stalls", tmp_path / "a.csv", allows=lambda asked: True, patience=fast)
    assert waits == [1.0]
    assert (tmp_path / "a.csv").read_bytes() == BODY


def test_a_pause_that_the_publisher_asks_for_is_made(server: str, tmp_path: Path) -> None:
    Publisher.faults = 2
    waits: list[float] = []
    get(server + "/busy", tmp_path / "a.csv", waits)
    assert waits == [7.0, 7.0]


def test_a_wrong_checksum_leaves_nothing(server: str, tmp_path: Path) -> None:
    recipe = source(server + "/breaks", "a.csv", sha256="0" * 64)
    with pytest.raises(SourceError, match=f"has the hash {SHA256}, the recipe says 000") as refused:
        fetch_source(recipe, tmp_path, patience=patience())
    assert refused.value.rule == "fetch_checksum"
    assert list(tmp_path.iterdir()) == []


def test_what_the_publisher_does_not_have_is_said_at_once(server: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="The publisher answers 404 to"):
        get(server + "/missing", tmp_path / "a.csv")
    assert len(Publisher.asked) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("elsewhere", ["http://localhost:1/x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_a_redirect_to_a_host_that_the_recipe_does_not_name_is_refused(
    server: str, tmp_path: Path, elsewhere: str
) -> None:
    with pytest.raises(SourceError, match="is not on a host that the recipe names"):
        fetch_source(source(f"{server}/moved?to={elsewhere}", "a.csv"), tmp_path, patience=patience())
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_within_the_publisher_is_followed(server: str, tmp_path: Path) -> None:
    (path,) = fetch_source(source(f"{server}/moved?to=/busy", "a.csv"), tmp_path, patience=patience())
    assert path.read_bytes() == BODY


def test_redirects_without_end_are_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="without end"):
        get(server + "/circle", tmp_path / "a.csv")


def test_a_secure_address_never_becomes_an_insecure_one() -> None:
    fetch = source("https://a.example/x", "a.csv", hosts=["b.example"]).fetch
    assert fetch is not None
    assert fetch.allows("https://a.example/y")
    assert fetch.allows("https://b.example/y")
    assert not fetch.allows("http://a.example/x")
    assert not fetch.allows("https://a.example.evil/x")


@pytest.mark.parametrize(
    ("fetch", "message"),
    [
        ({"url": "file:///etc/passwd", "file": "a"}, "url must begin with https://"),
        ({"url": "https://{month}.example/", "file": "a"}, "the host in url must stand there in full"),
        ({"url": "https://a.example/{pge}", "file": "a"}, r"the placeholder 'pge' is not known.* mean 'page'"),
        ({"url": "https://a.example/{page", "file": "a"}, "a brace is not closed"),
        ({"url": "https://a.example/{page}", "file": "a.csv"}, "must hold the same placeholders"),
        ({"url": "https://a.example/", "file": "../a.csv"}, "file must be the plain name of a file"),
        ({"url": "https://a.example/{month}", "file": "{month}.csv"}, "months and {month} in url belong together"),
        (
            {"url": "https://a.example/{month}", "file": "{month}", "months": ["2024-13", "2025-01"]},
            "the first and the",
        ),
        (
            {"url": "https://a.example/{month}", "file": "{month}", "months": ["2024-02", "2024-01"]},
            "the first and the",
        ),
    ],
)
def test_a_fetch_section_that_cannot_work_is_refused(fetch: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Recipe.model_validate({"name": "trial", "layer": "cases", "fetch": fetch})


def test_a_recipe_without_an_address_or_without_months_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="does not say where its publisher keeps the source"):
        fetch_source(Recipe(name="trial", layer="cases"), tmp_path)
    with pytest.raises(RecipeError, match="does not fetch by months"):
        fetch_source(source("https://a.example/", "a.csv"), tmp_path, months=["2024-01", "2024-02"])
    recipe = source("https://a.example/{month}", "{month}", months=["2024-01", "2024-02"])
    with pytest.raises(RecipeError, match="months must be the first and the last one"):
        fetch_source(recipe, tmp_path, months=["2024-01", "soon"])


@pytest.mark.parametrize(
    "text", ["", "\n", "id,name\n", "[]", "[\n]\n", "{}", '{"type": "x", "features": []}', "\ufeffid\n"]
)
def test_a_page_without_rows_is_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "page"
    path.write_text(text, encoding="utf-8")
    assert holds_nothing(path)


@pytest.mark.parametrize("text", ["id\n1\n", '[{"id": 1}]', '{"features": [{}]}', "[broken"])
def test_a_page_with_rows_is_not_empty(tmp_path: Path, text: str) -> None:
    path = tmp_path / "page"
    path.write_text(text, encoding="utf-8")
    assert not holds_nothing(path)
