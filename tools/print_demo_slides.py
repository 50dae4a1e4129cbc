"""Print the demo's slides (`conference/demo/slides/envoy.html`) as the PDF beside them, with our own fonts in it.

To be run after editing them. The PDF is committed, because not every machine that loads the demo has a Chromium.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.setup import find_chromium  # noqa: E402 - run as a script, from anywhere

SLIDES = ROOT / "conference" / "demo" / "slides"
FONTS = ROOT / "node_modules" / "@fontsource-variable"


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto((SLIDES / "envoy.html").as_uri())
        for font in ("noto-sans", "noto-sans-sc", "noto-sans-lao"):
            css = next(each for name in ("wght.css", "index.css") if (each := FONTS / font / name).exists())
            text = css.read_text(encoding="utf-8").replace("url(./", f"url({css.parent.as_uri()}/")
            page.add_style_tag(content=text)
        page.evaluate("() => document.fonts.ready")
        page.pdf(
            path=str(SLIDES / "envoy.pdf"), prefer_css_page_size=True, print_background=True, tagged=True
        )
        browser.close()


if __name__ == "__main__":
    main()
