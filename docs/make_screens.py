"""Draw all pages as they are: `python docs/make_screens.py [--home DIR] [--gap DIR] [--bare DIR]` writes docs/screens.

One sheet a page: Chinese and English, light and dark, 1920x1080 and 1366x768, with data, with a period that was not
reported, with no forecast. To be looked at after every change of a page. Texts that lie over each other are named,
and the command fails then.
"""

import argparse
import io
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

from make_screenshot import FLAGS, READY, free_port, wait_for
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from riskmap.study import REPOSITORY

sys.path.insert(0, str(REPOSITORY))
from tests.browser.overlap import overlaps

PAGES = {
    "overview": "overview?",
    "risk_map": "risk_map?",
    "risk_map_change": "risk_map?m=d",
    "risk_map_beside": "risk_map?m=s",
    "wastewater": "wastewater?",
    "inspections": "inspections?",
    "briefing": "briefing?",
    "data": "data?",
    "models": "models?",
    "help": "help?",
    "wall": "risk_map?wall=1",
}
SIZES = ((1920, 1080), (1366, 768))
WIDTH = 620
REST_MS = 7000


def pictures(browser: Browser, port: int, path: str) -> tuple[list[tuple[str, Image.Image]], list[str]]:
    """Return one page in both languages and sizes, light and dark, and its texts that lie over each other."""
    found, wrong = [], []
    for language, size, scheme in itertools.product(("zh", "en"), SIZES, ("light", "dark")):
        if scheme == "dark" and (language == "zh") != (size == SIZES[0]):
            continue  # each size and each language once in the dark
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(180_000)
        page.goto(f"http://127.0.0.1:{port}/{path}&lang={language}")
        page.wait_for_selector(READY)
        page.wait_for_timeout(REST_MS)
        page.wait_for_selector(READY)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        name = f"{language} {size[0]}x{size[1]} {scheme}"
        found.append((name, picture))
        wrong += [f"{path} {name}: {texts}" for texts in overlaps(page)]
        context.close()
    return found, wrong


def sheet(named: list[tuple[str, Image.Image]]) -> Image.Image:
    """Return the pictures on one sheet, two in a row, each with what it is."""
    small = [(name, one.resize((WIDTH, round(one.height * WIDTH / one.width)))) for name, one in named]
    height = max(one.height for _, one in small) + 18
    whole = Image.new("RGB", (2 * WIDTH + 8, height * -(-len(small) // 2)), "white")
    pen = ImageDraw.Draw(whole)
    for at, (name, one) in enumerate(small):
        place = (at % 2 * (WIDTH + 8), at // 2 * height)
        pen.text((place[0] + 2, place[1] + 2), name, fill="black")
        whole.paste(one, (place[0], place[1] + 16))
    return whole


def main() -> None:
    """Serve each home in turn, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--gap", type=Path)
    parser.add_argument("--bare", type=Path)
    parser.add_argument("--pages", nargs="*", default=list(PAGES), choices=list(PAGES))
    parser.add_argument("--out", type=Path, default=REPOSITORY / "docs" / "screens")
    chosen = parser.parse_args()
    chosen.out.mkdir(exist_ok=True)
    wrong: list[str] = []
    homes = {"data": chosen.home, "gap": chosen.gap, "none": chosen.bare}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for state, home in homes.items():
            if home is None:
                continue
            port = free_port()
            command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
            environment = {**os.environ, "RISKMAP_HOME": str(home)}
            server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
            try:
                wait_for(port)
                for name in chosen.pages:
                    drawn, found = pictures(browser, port, PAGES[name])
                    sheet(drawn).save(chosen.out / f"{name}-{state}.webp", quality=55, method=6)
                    wrong += [f"{state} {one}" for one in found]
            finally:
                server.terminate()
                server.wait(timeout=20)
        browser.close()
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
