"""The HTML report in a real browser: clicked and typed through, in both widths and both schemes, and attacked."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, find_chromium
from tests.report.conftest import Inputs
from tests.report.hostile import ALL, hostile_report

PANEL = "document.querySelector('#panel h3')?.textContent"
FOCUS = "document.activeElement"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        told = "no Chromium: apt-get install chromium"
        pytest.fail(told) if os.environ.get("TESTGEN_REQUIRE_BROWSER") else pytest.skip(told)
    with Browser(program, tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, inputs: Inputs) -> Iterator[Browser]:
    """The report, open at 1280 pixels; nothing may go wrong in it or be asked of a network."""
    browser.errors.clear()
    browser.look(width=1280)
    browser.open(inputs.report)
    yield browser
    assert browser.errors == []
    assert {url.partition("#")[0] for url in browser.requests} == {inputs.report.as_uri()}


def test_a_level_opens_and_leads_to_a_state_and_its_tests(page: Browser) -> None:
    page.click('.cell[aria-label^="Level 3, states"]')
    page.wait_for(f"{PANEL} === 'Level 3: 2 states'")
    assert page.run(f"{FOCUS} === document.querySelector('#panel h3')")
    assert page.run("document.querySelectorAll('#panel tbody tr').length") == 2
    page.click("#panel input[type=checkbox]")
    assert page.run("document.querySelector('#panel tbody').innerText.includes('a test failed there')")
    assert page.run("document.querySelectorAll('#panel tbody tr').length") == 1
    page.click("#panel tbody a")
    page.wait_for(f"{PANEL} === 'State 3'")
    text = page.run("document.getElementById('panel').innerText")
    assert '<<[key |-> "a", value |-> 1]>>' in text
    assert "1 test through here" in text
    assert "failed: variable history, after take" in text
    page.click("#panel td details summary")
    page.wait_for("document.querySelector('#panel .chain').textContent.startsWith('state 0 → Put(\"a\", 1) → state 1')")
    page.run("history.back()")
    page.wait_for(f"{PANEL} === 'Level 3: 2 states'")


def test_a_cell_lists_its_transitions(page: Browser) -> None:
    page.click('.cell[aria-label^="Level 2, Take"]')
    page.wait_for(f"{PANEL} === 'Level 2, Take: 1 transition'")
    assert (
        page.run("document.querySelector('#panel tbody').innerText").split()
        == "state 1 Take state 3 a test failed there".split()
    )
    assert page.run("document.querySelector('[aria-current]').getAttribute('aria-label')").startswith("Level 2, Take")


def test_arrow_keys_move_between_cells_and_enter_opens(page: Browser) -> None:
    page.run("document.querySelector('.cell[tabindex=\"0\"]').focus()")
    label = f"{FOCUS}.getAttribute('aria-label')"
    seen = []
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft"):
        page.press(key)
        seen.append(page.run(label).partition(":")[0])
    assert seen == [
        *("Level 1, Put", "Level 2, Put", "Level 2, Take", "Level 2, Put"),
        *("Level 1, Put", "Level 1, Put", "Level 1, states", "Level 1, states"),
    ]
    assert page.run("document.querySelectorAll('.cell[tabindex=\"0\"]').length") == 1
    page.press("Enter")
    page.wait_for(f"{PANEL} === 'Level 1: 1 state'")


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Browser) -> None:
    texts = []
    for _ in range(200):
        page.press("Tab")
        if page.run(f"{FOCUS} === document.body"):
            break
        texts.append(page.run(f"{FOCUS}.innerText || {FOCUS}.id || {FOCUS}.getAttribute('aria-label')"))
        assert page.run(f"getComputedStyle({FOCUS}).outlineStyle") != "none", texts[-1]
    assert texts[:2] == ["Skip to the report", "Summary"]
    assert {"States", "price", "Find", "find-text"} <= set(texts)


def test_states_are_found_by_number_and_by_text(page: Browser) -> None:
    page.run("document.getElementById('find-text').value = 'first line'")
    page.click("#find button")
    page.wait_for(f"{PANEL} === '2 states with first line'")
    page.run("document.getElementById('find-text').value = '4'")
    page.click("#find button")
    page.wait_for(f"{PANEL} === 'State 4'")
    page.run("document.getElementById('find-text').value = 'no such thing'")
    page.click("#find button")
    page.wait_for(f"{PANEL} === '0 states with no such thing'")


def test_links_open_what_is_closed(page: Browser) -> None:
    page.click('#code a[href^="#line-"]')
    page.wait_for("document.querySelector('details.file').open")
    page.click("tr[id$='-6'] td.ways summary")
    page.wait_for("document.querySelector('tr[id$=\"-6\"] + .more').innerText.includes('jump to line 7: many')")
    page.click("tr.more a[href^='#mutant-']")
    page.wait_for("document.querySelector('.mutant[open] .diff')")
    assert "+++ b/shop/prices.py" in page.run("document.querySelector('.mutant[open] .diff').innerText")


def test_the_picture_leads_to_states(page: Browser) -> None:
    if page.run("document.querySelector('.picture') === null"):
        pytest.skip("no graphviz: apt-get install graphviz")
    page.run("document.getElementById('picture-2').focus()")
    page.press("Enter")
    page.wait_for(f"{PANEL} === 'State 2'")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_is_wider_than_the_page_and_all_text_has_contrast(page: Browser, width: int, dark: bool) -> None:
    page.look(width=width, dark=dark)
    page.run("for (const part of document.querySelectorAll('details')) part.open = true")
    page.run("location.hash = 'state=3'")
    page.wait_for(f"{PANEL} === 'State 3'")
    assert page.run("document.documentElement.scrollWidth") == width
    assert page.run(CONTRAST) == []


def test_hostile_text_does_nothing(browser: Browser, tmp_path: Path) -> None:
    browser.errors.clear()
    browser.look(width=1280)
    path = tmp_path / "hostile.html"
    path.write_text(hostile_report(tmp_path), encoding="utf-8")
    browser.open(path)
    browser.run("for (const part of document.querySelectorAll('details')) part.open = true")
    browser.run("location.hash = 'state=0'")
    browser.wait_for(f"{PANEL} === 'State 0'")
    browser.click("#panel td details summary")
    browser.wait_for("document.querySelector('#panel .chain').textContent")
    shown = browser.run("document.getElementById('panel').textContent")
    assert "<img src=x onerror=window.hacked=2>" in shown
    assert ALL in browser.run("document.querySelector('#panel details summary').textContent")
    assert browser.run("window.hacked") is None
    assert browser.errors == []


# WCAG 2: contrast of text with what is behind it, at least 4.5. Gradients are left out: their colors are backgrounds
# of text elsewhere in the page as well.
CONTRAST = """(() => {
  const number = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = number(getComputedStyle(element).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !element.checkVisibility() || element.closest("svg")) continue;
    const [one, other] = [light(number(getComputedStyle(element).color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < 4.5) low.push([texts.currentNode.data.trim().slice(0, 40), element.className, contrast]);
  }
  return low;
})()"""
