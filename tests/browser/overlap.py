"""Texts of a page that lie over each other, or that the window is too narrow for."""

from playwright.sync_api import Page

# Lines of text as they are drawn, cut to what their surroundings let be seen. Letters that are fetched ahead are
# unseen; what a canvas or a chart holds is looked at elsewhere.
OVERLAPS = """() => {
    const unseen = '.rm-fetch-fonts, canvas, svg, script, style, [aria-hidden=true], [data-testid=stIconMaterial]';
    const lines = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode, element = text.parentElement;
        if (!text.data.trim() || element.closest(unseen)) continue;
        if (!element.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        for (const box of range.getClientRects()) {
            let {left, right, top, bottom} = box;
            for (let above = element; above && above !== document.body; above = above.parentElement) {
                const style = getComputedStyle(above);
                if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
                const edge = above.getBoundingClientRect();
                left = Math.max(left, edge.left); right = Math.min(right, edge.right);
                top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
            }
            // The box of a line is as high as its font allows for; letters take the middle of it.
            const air = (bottom - top) * 0.2;
            if (right - left > 1 && bottom - top > 1)
                lines.push({text, left, right, top: top + air, bottom: bottom - air});
        }
    }
    const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
    const found = lines.flatMap((a, at) => lines.slice(at + 1).filter(b => a.text !== b.text && over(a, b))
        .map(b => `${a.text.data.trim().slice(0, 40)} | ${b.text.data.trim().slice(0, 40)}`));
    const wide = document.scrollingElement.scrollWidth - innerWidth;
    return wide > 1 ? [...found, `${wide} px beyond the window`] : found;
}"""


def overlaps(page: Page) -> list[str]:
    """Return pairs of texts that lie over each other on a page as it stands, and by how much it is too wide."""
    found: list[str] = page.evaluate(OVERLAPS)
    return found
