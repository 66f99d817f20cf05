"""The pages in a real browser: what is painted, what a click does, what an address restores, whom a page asks."""

import io
import re
import time
from contextlib import suppress

import numpy as np
import pytest
from fabricated import peak_cell
from PIL import Image
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from riskmap.figures.change_map import STEPS
from riskmap.figures.load_scale import LOAD_PALETTE
from riskmap.figures.scale import PALETTE, rgb
from riskmap.web.view import plant_code
from tests.browser.conftest import TRY_S, WAIT_S, settle
from tests.browser.overlap import overlaps

# One worker draws all pages: two software renderers on two cores only wait for each other.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
CANVAS = "#deckgl-overlay"
ALL_PAGES = ("overview", "risk_map", "wastewater", "inspections", "briefing", "data", "models", "help")
# The lowest class is nearly the colour of the paper; only the others prove that cells are painted.
CLASSES = np.array([rgb(colour) for colour in PALETTE[1:]])
LEAST_SHARE = 0.02
"""Share of the picture that cells take at least, once they are drawn; the legend takes less."""


def open_screen(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/{path}")
    settle(page)


def picture(page: Page, *, unlike: np.ndarray | None = None, cells: bool = True) -> np.ndarray:
    """The map as pixels, once two pictures in a row are equal, show cells and differ from those of `unlike`."""
    page.wait_for_selector(CANVAS)
    canvas = page.locator(".stDeckGlJsonChart").first
    before = b""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        now = canvas.screenshot()
        if now == before:
            pixels = np.asarray(Image.open(io.BytesIO(now)).convert("RGB"), dtype=int)
            if (not cells or share(pixels) > LEAST_SHARE) and (unlike is None or np.abs(pixels - unlike).max() > 100):
                return pixels
        before = now
        page.wait_for_timeout(250)
    raise AssertionError("the map never came to rest")


def painted(pixels: np.ndarray) -> np.ndarray:
    """Which pixels have exactly the colour of one of the classes, shape (height, width, classes)."""
    return np.stack([(np.abs(pixels - colour) <= 1).all(axis=2) for colour in CLASSES], axis=2)


def share(pixels: np.ndarray) -> float:
    return float(painted(pixels).any(axis=2).mean())


def peak(page: Page) -> tuple[float, float]:
    """The middle of the darkest class, in the window."""
    rows, columns = np.nonzero(painted(picture(page))[:, :, -1])
    left = columns > 240  # the legend shows the class too
    box = page.locator(".stDeckGlJsonChart").first.bounding_box()
    return box["x"] + np.median(columns[left]), box["y"] + np.median(rows[left])


def click_peak(page: Page) -> None:
    """Click the middle of the darkest class, as a hand would: move there, wait, press."""
    x, y = peak(page)
    for _ in range(5):
        page.mouse.move(x - 5, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(300)  # the map looks for what lies under the hand, and shows nothing of it
        page.mouse.click(x, y)
        with suppress(PlaywrightTimeoutError):
            page.wait_for_function("location.search.includes('c=88')", timeout=TRY_S * 1000)
            return settle(page)
    raise AssertionError("the map never heard of a click")


def test_an_address_that_names_a_page_is_the_first_thing_a_fresh_server_is_asked(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en")
    expect(page.get_by_role("heading", name="Risk map")).to_be_visible()
    for name in ("Overview", "Risk map", "Inspections"):
        expect(page.get_by_role("link", name=name)).to_be_visible()
    assert strangers == []


def test_cells_are_painted_in_the_legends_colours(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en&l=0")
    pixels = picture(page)
    assert share(pixels) > 0.1
    assert painted(pixels).any(axis=(0, 1)).all()
    assert strangers == []


def test_a_map_without_cells_shows_none_of_the_colours(page, address):
    open_screen(page, address, "inspections?lang=en")
    assert share(picture(page, cells=False)) < 0.001


def test_a_click_opens_the_dossier_and_dims_nothing(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en&l=0")
    before = share(picture(page))
    click_peak(page)
    expect(page.get_by_text("Why here")).to_be_visible()
    expect(page.get_by_text("Drains to WW-01")).to_be_visible()
    assert share(picture(page)) == pytest.approx(before, abs=0.02)
    assert strangers == []


def test_the_first_tap_of_a_finger_is_heard(touchscreen, address):
    """No pointer moved before it; a second tap would be heard in any case."""
    touchscreen.add_init_script(
        "window.asked = 0; addEventListener('pointermove', event => { if (!event.isTrusted) asked++; }, true)"
    )
    open_screen(touchscreen, address, "risk_map?lang=en&l=0")
    x, y = peak(touchscreen)
    asked = touchscreen.evaluate("asked")
    touchscreen.wait_for_function(f"asked >= {asked + 3}", timeout=WAIT_S * 1000)
    touchscreen.touchscreen.tap(x, y)
    touchscreen.wait_for_function("location.search.includes('c=88')", timeout=WAIT_S * 1000)


def test_an_address_restores_cell_place_and_language(page, address, strangers):
    open_screen(page, address, f"risk_map?lang=zh&v=1001&c={peak_cell()}&l=hw")
    expect(page.get_by_text(f"网格单元 {peak_cell()}")).to_be_visible()
    expect(page.get_by_text("东湾市").first).to_be_visible()
    shown = picture(page)
    page.reload()
    settle(page)
    expect(page.get_by_text(f"网格单元 {peak_cell()}")).to_be_visible()
    assert share(picture(page)) == pytest.approx(share(shown), abs=0.01)
    assert {"lang=zh", "v=1001", f"c={peak_cell()}", "l=hw"} <= set(page.url.split("?")[1].split("&"))
    assert strangers == []


def test_switching_the_language_moves_neither_view_nor_selection(page, address):
    open_screen(page, address, "risk_map?lang=en&l=0")
    click_peak(page)
    before = picture(page)
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_text("主要原因")).to_be_visible()
    expect(page).to_have_url(re.compile("lang=zh"))
    settle(page)
    assert share(picture(page)) == pytest.approx(share(before), abs=0.01)


def test_the_period_slider_moves_the_surface_and_stays_in_the_address(page, address):
    open_screen(page, address, "risk_map?lang=en&l=0")
    now = picture(page)
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page).to_have_url(re.compile("p=2025-12-22"))
    expect(page.get_by_text("forecast for 2025-12-22")).to_be_visible()
    earlier = picture(page, unlike=now)
    page.reload()
    settle(page)
    assert np.abs(picture(page) - earlier).mean() < 2


def test_going_to_another_page_keeps_language_and_study(page, address):
    open_screen(page, address, "risk_map?lang=zh&v=1001")
    page.get_by_role("link", name="检查清单").click()
    expect(page.get_by_role("heading", name="检查清单")).to_be_visible()
    for kept in ("lang=zh", "v=1001"):
        expect(page).to_have_url(re.compile(kept))


@pytest.mark.parametrize(("path", "language"), [("", "zh"), ("risk_map", "en"), ("inspections", "zh")])
def test_no_page_runs_text_from_data_or_asks_another_host(page, address, strangers, path, language):
    open_screen(page, address, f"{path}?lang={language}&l=cshewnr&c={peak_cell()}")
    page.wait_for_timeout(1000)  # for text that runs, or asks, after all is drawn
    assert page.title() != "1"
    assert page.locator("img[src=x]").count() == 0
    assert "SIMULATED / 模拟数据" in page.inner_text("body")
    assert strangers == []


@pytest.mark.parametrize("path", ["", "risk_map", "inspections"])
def test_pages_without_a_forecast_say_what_to_do(page, bare_address, strangers, path):
    open_screen(page, bare_address, f"{path}?lang=en")
    expect(page.get_by_text("riskmap plan ocean" if path == "inspections" else "riskmap run ocean")).to_be_visible()
    assert page.locator(CANVAS).count() == 0
    assert strangers == []


@pytest.mark.parametrize("path", ["", "risk_map", "risk_map/"])
def test_pages_find_their_server_under_a_path_too(page, address_under_a_path, path):
    page.goto(f"{address_under_a_path}/{path}?lang=en")
    settle(page)
    expect(page.get_by_role("heading", name="Risk map" if path else "Overview")).to_be_visible()


def test_a_map_under_a_path_asks_for_nothing_elsewhere(page, address_under_a_path):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address_under_a_path}/risk_map?lang=en&l=0")
    settle(page)
    assert share(picture(page)) > 0.1
    assert [url for url in asked if not url.startswith((address_under_a_path, "ws", "data:", "blob:"))] == []
    assert any("/map/cells/" in url for url in asked)


@pytest.mark.parametrize(("path", "size"), [("risk_map", (1920, 1080)), ("inspections", (1366, 768))])
def test_the_map_fills_the_window_and_nothing_lies_beyond_its_edge(page, address, size, path):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_screen(page, address, f"{path}?lang=zh&c={peak_cell()}")
    picture(page, cells=path == "risk_map")
    box = page.locator(".stDeckGlJsonChart").first.bounding_box()
    assert box["height"] > 0.6 * size[1]
    assert box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_map_of_what_changed_is_painted(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en&l=0&m=d")
    steps = np.array([rgb(STEPS[step]) for step in (1, -1)])
    page.wait_for_selector(CANVAS)
    deadline = time.monotonic() + WAIT_S
    found = np.zeros(2)
    while (found < 0.01).any():
        assert time.monotonic() < deadline, found
        pixels = np.asarray(
            Image.open(io.BytesIO(page.locator(".stDeckGlJsonChart").first.screenshot())).convert("RGB")
        )
        found = np.array([(np.abs(pixels.astype(int) - step).max(axis=2) <= 1).mean() for step in steps])
    assert strangers == []


def test_two_maps_stand_side_by_side(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en&l=0&m=s")
    page.wait_for_function("document.querySelectorAll('#deckgl-overlay').length === 2", timeout=WAIT_S * 1000)
    boxes = [page.locator(".stDeckGlJsonChart").nth(at).bounding_box() for at in (0, 1)]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert abs(boxes[0]["width"] - boxes[1]["width"]) < 2
    assert strangers == []


def test_the_periods_play_one_after_the_other(page, address, strangers):
    open_screen(page, address, "risk_map?lang=en&l=0&i=1")
    page.get_by_text("Play the periods").click()
    for day in ("2025-12-15", "2025-12-22"):
        expect(page).to_have_url(re.compile(f"p={day}"))
    expect(page).not_to_have_url(re.compile("p="))
    assert strangers == []


def test_a_browser_without_webgl2_gets_pictures(page, address, strangers):
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    open_screen(page, address, "risk_map?lang=en")
    expect(page.locator("[data-testid=stImage] img")).to_be_visible()
    assert page.locator(CANVAS).count() == 0
    assert strangers == []


def of_colour(pixels: np.ndarray, colour: str) -> np.ndarray:
    """Which pixels of the map have exactly this colour; the legend, over its left side, is left out."""
    found = (np.abs(pixels - rgb(colour)) <= 1).all(axis=2)
    found[:, :300] = False
    return found


def test_a_click_on_a_catchment_chooses_its_place_and_the_address_restores_it(page, sampled_address, strangers):
    open_screen(page, sampled_address, "wastewater?lang=en&w=ketamine")
    expect(page.get_by_role("heading", name="WW-01")).to_be_visible()  # the highest load
    pixels = picture(page, cells=False)
    assert of_colour(pixels, LOAD_PALETTE[5]).sum() > 1000
    rows, columns = np.nonzero(of_colour(pixels, LOAD_PALETTE[0]))
    assert len(rows) > 1000
    box = page.locator(".stDeckGlJsonChart").first.bounding_box()
    x, y = box["x"] + np.median(columns), box["y"] + np.median(rows)
    for _ in range(5):
        page.mouse.move(x - 5, y)
        page.mouse.move(x, y)
        page.wait_for_timeout(300)
        page.mouse.click(x, y)
        with suppress(PlaywrightTimeoutError):
            page.wait_for_function(f"location.search.includes('s={plant_code('P2')}')", timeout=TRY_S * 1000)
            break
    expect(page.get_by_role("heading", name="WW-02")).to_be_visible()
    settle(page)
    after = picture(page, cells=False)
    assert of_colour(after, LOAD_PALETTE[5]).sum() > 1000  # nothing is dimmed by the choice
    page.reload()
    settle(page)
    expect(page.get_by_role("heading", name="WW-02")).to_be_visible()
    assert page.title() != "1"
    assert page.locator("img[src=x]").count() == 0
    assert strangers == []


SEEN = """() => [...document.querySelectorAll('.rm-wall-title')]
    .filter(title => getComputedStyle(title.closest('[class*="st-key-wall-"]')).opacity === '1')
    .map(title => title.innerText).join('+')"""
OUTSIDE = """() => [...document.querySelectorAll('.st-key-wall-head *, .st-key-wall-body *')].filter(element => {
    const box = element.getBoundingClientRect();
    const part = element.closest('svg, canvas, .rm-fetch-fonts');
    return !(part && part !== element) && (box.bottom > innerHeight + 1 || box.right > innerWidth + 1);
}).map(element => element.className || element.tagName)"""
CUT = """() => [...document.querySelectorAll(
    '.rm-stale, .rm-wall-head, .rm-wall-clock, [data-testid=stMetricValue] div, [data-testid=stMetricLabel] p'
)].filter(element => element.scrollWidth > element.clientWidth + 1).map(element => element.innerText)"""


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_wall_turns_its_screens_by_itself_and_each_fits_the_window(page, sampled_address, strangers, language):
    page.goto(f"{sampled_address}/risk_map?wall=1&lang={language}&every=5")
    for stage in ("risk", "wastewater"):
        page.wait_for_selector(f".st-key-stage-{stage} canvas", state="attached")
    expect(page).to_have_url(re.compile("a=ocean&wall=1&every=5"))
    steps, address = page.evaluate("history.length"), page.url
    titles = {"zh": ["风险地图", "污水监测", "概览"], "en": ["Risk map", "Wastewater", "Overview"]}[language]
    at = titles.index(page.evaluate(SEEN))
    for turn in range(1, 4):
        page.wait_for_function(f"title => ({SEEN})() === title", arg=titles[(at + turn) % 3])
    expect(page.locator(".rm-stale")).to_contain_text({"zh": "数据已过时", "en": "OLD DATA"}[language])
    assert (page.evaluate("history.length"), page.url) == (steps, address)
    assert page.locator("[data-testid=stHeader]:visible, button:visible, input:visible, a:visible").count() == 0
    for width, height in ((1366, 768), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.reload()
        for stage in ("risk", "wastewater"):
            page.wait_for_selector(f".st-key-stage-{stage} canvas", state="attached")
        page.wait_for_function(
            "document.querySelector('.st-key-wall-overview [data-testid=stVegaLiteChart] svg, canvas')"
        )
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(CUT) == []
    assert strangers == []


@pytest.mark.parametrize("path", ["overview", "risk_map", "risk_map?m=s", *ALL_PAGES[2:]])
@pytest.mark.parametrize(("language", "house"), [("en", "sampled_address"), ("zh", "bare_address")])
def test_no_text_lies_over_another(page, request, path, language, house):
    page.goto(f"{request.getfixturevalue(house)}/{path}{'&' if '?' in path else '?'}lang={language}")
    for width, height, scheme in ((1366, 768, "light"), (1920, 1080, "dark")):
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        settle(page)
        assert overlaps(page) == []


def test_a_text_over_another_is_found(page, bare_address):
    open_screen(page, bare_address, "help?lang=en")
    assert overlaps(page) == []
    page.evaluate("""() => {
        const title = document.querySelector('[data-testid=stHeading]'), box = title.getBoundingClientRect();
        const over = Object.assign(document.createElement('div'), {innerText: 'over it'});
        over.style = `position:fixed; left:${box.left}px; top:${box.top + box.height / 2 - 10}px`;
        title.append(over);
    }""")
    assert overlaps(page) == ["Help | over it"]
