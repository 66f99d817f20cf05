"""The Data page in a real browser: a file's way into the area and out again, rows ticked, whom the page asks."""

from contextlib import suppress

import pytest
from delivered import CASES_RECIPE, HEADER, delivered
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

from tests.browser.conftest import TRY_S, serve, settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
PARTS = ("bring_in", "sources", "quarantine", "booking_points")
HEADER_PX, ROW_PX = 36, 30
"""Heights of a table's header and rows, which are drawn on a canvas."""


@pytest.fixture(scope="module")
def delivered_address(tmp_path_factory):
    home = tmp_path_factory.mktemp("delivered-screens")
    delivered(home)
    with serve(home) as found:
        yield found


def tick(page, table, across_px, shown):
    """Click the box in a table's first row until `shown` is there: a chart above may still push the table down."""
    for _ in range(5):
        table.scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        box = table.bounding_box()
        page.mouse.click(box["x"] + across_px, box["y"] + HEADER_PX + ROW_PX / 2)
        # A second click would take the tick away again, so it comes only when the first can hardly have hit.
        with suppress(PlaywrightTimeoutError):
            shown.wait_for(timeout=TRY_S * 1000)
            return settle(page)
    raise AssertionError("the row was never ticked")


def test_a_file_is_proposed_checked_committed_and_undone(page, delivered_address, strangers, tmp_path):
    file = tmp_path / "![x](new).csv"  # a picture, if anybody took it for Markdown
    file.write_text("\n".join([HEADER, "N1,2025-11-03,0.30001,0.30001,持有,<img src=x onerror=alert(1)>"]) + "\n")
    page.goto(f"{delivered_address}/data?lang=en")
    settle(page)
    page.set_input_files("input[type=file]", str(file))
    expect(page.get_by_text("looks like the layer Cases")).to_be_visible()
    page.locator("textarea").fill(CASES_RECIPE)
    page.get_by_role("button", name="Check", exact=True).click()
    commit = page.get_by_role("button", name="Commit: import 1 rows")
    expect(commit).to_be_visible()
    page.wait_for_selector("#deckgl-overlay")
    commit.click()
    expect(page.get_by_text("1 rows accepted").first).to_be_visible()
    page.get_by_text("Sources", exact=True).click()
    settle(page)
    expect(page.get_by_text("Imports in effect: 4")).to_be_visible()
    undo = page.get_by_role("button", name="Undo this import")
    tick(page, page.locator(".stDataFrame").nth(1), 18, undo)
    undo.click()
    page.get_by_label("Reason (kept with the receipt)").fill("a test")
    page.get_by_label("Reason (kept with the receipt)").press("Enter")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("Undone: 1")).to_be_visible()
    assert strangers == []


def test_a_ticked_row_is_left_out_for_a_reason(page, delivered_address, strangers):
    page.goto(f"{delivered_address}/data?lang=zh&part=quarantine")
    settle(page)
    expect(page.get_by_text("待处理 5 行")).to_be_visible()
    leave_out = page.get_by_role("button", name="永久排除（已勾选 1 行）")
    tick(page, page.locator(".stDataFrame").nth(1), 38, leave_out)
    reason = page.get_by_label("排除理由（与数据行一并保存）")
    reason.fill("试验数据")
    reason.press("Enter")
    layers = page.get_by_role("combobox", name="图层")
    expect(layers).to_have_value("案件 (5)")
    leave_out.click()
    expect(page.get_by_text("待处理 4 行")).to_be_visible()
    expect(layers).to_have_value("案件 (4)")
    assert page.locator("img[src=x]").count() == 0
    assert strangers == []


def test_a_replacement_leaves_an_empty_offer(page, delivered_address):
    page.goto(f"{delivered_address}/data?lang=en&part=quarantine")
    settle(page)
    value, new = page.get_by_role("combobox", name="Replace"), page.get_by_label("by", exact=True)
    replace = page.get_by_role("button", name="Replace in")
    expect(replace).to_be_disabled()
    value.click()
    page.get_by_role("option").first.click()
    new.fill("2025-11-03")
    new.press("Enter")
    settle(page)
    replace.click()
    settle(page)
    expect(page.get_by_role("button", name="Replace in 0 rows")).to_be_disabled()
    expect(new).to_have_value("")
    expect(value).to_have_value("")


@pytest.mark.parametrize(("language", "said"), [("en", "Files can be dropped here"), ("zh", "可将文件拖到此处")])
def test_the_chooser_of_files_says_that_they_can_be_dropped(page, delivered_address, language, said):
    page.goto(f"{delivered_address}/data?lang={language}")
    words = page.locator("[data-testid=stFileUploaderDropzoneInstructions] span").first
    words.wait_for()
    page.wait_for_function(  # the page's own styles come with its first run
        "([words, said]) => getComputedStyle(words, '::after').content.includes(said)",
        arg=[words.element_handle(), said],
    )


def test_the_legend_of_the_booking_points_covers_nothing_of_their_map(page, delivered_address):
    page.goto(f"{delivered_address}/data?lang=en&part=booking_points")
    settle(page)
    page.wait_for_selector("#deckgl-overlay")
    drawn = page.locator(".stDeckGlJsonChart").bounding_box()
    assert page.locator(".st-key-map-legend").bounding_box()["y"] >= drawn["y"] + drawn["height"]


@pytest.mark.parametrize("part", PARTS)
def test_no_part_is_wider_than_the_smallest_window_or_asks_another_host(page, delivered_address, strangers, part):
    page.goto(f"{delivered_address}/data?lang=zh&part={part}")
    settle(page)
    page.wait_for_timeout(1000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    assert f"part={part}" in page.url
    assert page.title() != "1"
    assert strangers == []
