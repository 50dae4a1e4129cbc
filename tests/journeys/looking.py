"""Someone who looks at pages: by axe, on three screens, in both lights; and who has a keyboard alone.

Each page is looked at twice, on a phone and on a desktop, one of them light and one dark, alternating from page to page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import ConsoleMessage, Page

from tests.journeys.platform import DESKTOP, PHONE, ROOT, NewPage

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SMALL = {"width": 360, "height": 740}

# Colours that glide from light to dark would be read on their way.
HOLD_STILL = """
addEventListener("DOMContentLoaded", () => {
  const still = new CSSStyleSheet();
  still.replaceSync("*, *::before, *::after { transition: none !important }");
  document.adoptedStyleSheets = [still];
});
"""

FIND_VIOLATIONS = """
async (only) => {
  const options = {resultTypes: ["violations"], preload: false, rules: {"target-size": {enabled: true}}};
  const {violations} = await axe.run(document, only.length ? {...options, runOnly: only} : options);
  const told = ({target, failureSummary}) => `      ${target.join(" ")}: ${failureSummary.replace(/\\s+/g, " ")}`;
  return violations.map(({impact, id, help, nodes}) => [`${impact}: ${id}: ${help}`, ...nodes.slice(0, 4).map(told)].join("\\n"));
}
"""

# What the second look at a page is for: the rules about what is seen, not about how the page is built.
LOOKS = [
    "color-contrast",
    "link-in-text-block",
    "target-size",
    "scrollable-region-focusable",
    "bypass",
    "heading-order",
    "label",
]

FIND_OVERFLOW = """
() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return "";
  const beyond = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > wide + 1);
  return beyond.slice(0, 3).map((element) => element.outerHTML.slice(0, 120)).join(" | ") || "something";
}
"""


@dataclass
class Looker:
    """Someone who looks at one page after another and notes what is wrong."""

    page: Page
    findings: list[str] = field(default_factory=list)
    looked: int = 0
    _errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._errors.append(f"console {message.type}: {message.text}")

    def open(self, address: str, *, status: int = 200) -> None:
        """Go there, and look."""
        self._errors.clear()
        response = self.page.goto(address)
        if response is None or response.status != status:
            self.findings.append(f"{address}: answered {response and response.status}")
            return
        if status != 200:
            self._errors = [error for error in self._errors if "Failed to load resource" not in error]
        self.look(address)

    def look(self, address: str) -> None:
        """Look at the page as it is: on both screens, in both lights, and on a very small one."""
        self.looked += 1
        schemes = ("light", "dark") if self.looked % 2 else ("dark", "light")
        for size, scheme, rules in zip((PHONE, DESKTOP), schemes, ([], LOOKS), strict=True):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]  # Playwright's own TypedDict
            self.page.emulate_media(color_scheme=scheme)
            for violation in self.page.evaluate(FIND_VIOLATIONS, rules):
                self.findings.append(f"{address} {size['width']} px, {scheme}: {violation}")
        self.page.set_viewport_size(SMALL)  # type: ignore[arg-type]
        if beyond := self.page.evaluate(FIND_OVERFLOW):
            self.findings.append(f"{address} is wider than {SMALL['width']} px: {beyond}")
        self.findings += [f"{address}: {error}" for error in self._errors]
        self._errors.clear()

    def report(self) -> str:
        """All findings, each once."""
        return "\n".join(dict.fromkeys(self.findings))


Look = Callable[..., Looker]


def looks_with(page_of: NewPage) -> Look:
    """`look("speaker")`: that person, who looks."""

    def make(who: str) -> Looker:
        page = page_of(who, reduced_motion="reduce")
        page.context.add_init_script(path=AXE)
        page.context.add_init_script(HOLD_STILL)
        return Looker(page)

    return make


def tab_to(page: Page, reached: Callable[[], bool], what: str, *, most: int = 80) -> None:
    for _press in range(most):
        page.keyboard.press("Tab")
        if reached():
            return
    raise AssertionError(f"{what} was not reached with {most} presses of Tab.")


def focused(page: Page) -> str:
    """What a screen reader would say of the focused element: its label or words."""
    return str(
        page.evaluate(
            """() => { const at = document.activeElement; return at?.getAttribute("aria-label") ?? at?.labels?.[0]?.innerText
               ?? at?.innerText ?? ""; }"""
        )
    )
