"""What axe-core, the accessibility checker from npm, finds wrong on a page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from playwright.sync_api import Page

FILE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
#: WCAG 2.2, levels A and AA.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Style sheets are read in advance for experimental rules only, which are not among those run. Elements are named in a second
# look, where there is something to name: on a page without fault the names are a third of the work.
RUN = """async tags => {
  const how = { runOnly: tags, resultTypes: ['violations'], preload: { assets: ['media'] } };
  const look = async more => (await axe.run(document, { ...how, ...more })).violations;
  const found = await look({ selectors: false });
  const named = found.length ? await look({}) : [];
  return (named.length ? named : found).flatMap(
    v => v.nodes.map(n => `${v.id}: ${(n.target ?? []).join(' ')}: ${n.failureSummary}`));
}"""


@cache
def _script() -> str:
    assert FILE.is_file(), "node_modules 里没有 axe-core / no axe-core in node_modules: python3 tools/setup.py test"
    return FILE.read_text(encoding="utf-8")


def violations(page: Page) -> list[str]:
    """One line for each element that fails a rule."""
    # Evaluated through the debugger, which the page's Content Security Policy does not concern.
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_script())
    found: list[str] = page.evaluate(RUN, TAGS)
    return found
