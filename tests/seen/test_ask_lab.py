"""Laws of "Ask me" in a real JupyterLab: the keyboard answers, and no key reaches the notebook."""

import pytest
from browser import complaints, each, screenshot, viewport
from lab import write_notebook
from players import Player
from selenium.webdriver import Keys
from selenium.webdriver.support.ui import WebDriverWait

AROUND = 190  # pixels beside a view: the margins of Lab, and the numbers of cells
CELLS = [
    """
from engine import Value, affine, label, play
w, a, b, y = (Value(x, label=name) for name, x in (("w", 0.5), ("a", 2.0), ("b", 1.0), ("y", 5.0)))
z = affine(b, [w], [a])
C = (z - y) ** 2
label(z=z, C=C)
play(C, ask=True)
""",
    "'a cell below'",
]
STATE = """
const { content } = jupyterapp.shell.currentWidget;
return [content.widgets.length, content.activeCellIndex, content.mode,
    ...content.widgets.map((cell) => cell.model.type + cell.model.sharedModel.getSource())];
"""


COMMANDS = (*"abxddmyzc00ii", Keys.ARROW_UP, Keys.ARROW_DOWN)
"""Keys that Lab answers to in command mode: add, cut, delete and copy cells, change their kind, move on."""


@pytest.fixture
def asking(lab, browser):
    """A notebook in Lab that has run; its first cell asks."""
    path = lab.folder / "asking.ipynb"
    write_notebook(path, *CELLS)
    lab.open(browser, path.name)
    assert lab.run_all(browser)
    return Player(browser, 0)


def focused(driver):
    """What has the focus: the words of a button, the tag of anything else."""
    script = "const e = document.activeElement; return e.matches('button') ? e.textContent : e.tagName"
    return driver.execute_script(script)


def cut(driver):
    """By how many pixels the question sticks out of the part of the view that holds it."""
    (out,) = each(
        driver, ".story", "Math.max(e.scrollHeight - e.clientHeight, e.scrollWidth - e.clientWidth)"
    )
    return out


@pytest.mark.parametrize("width", [1400, 740])
def test_in_lab_questions_are_answered_with_the_keyboard(asking, browser, width):
    """Wrong, right and on to the next, at both widths of a cell: the notebook stays as it was."""
    with viewport(browser, width + AROUND, 1200):
        within = f"Math.abs(e.clientWidth - {width}) < 5"  # Lab arranges itself in its own time
        WebDriverWait(browser, 10).until(lambda _: each(browser, "[data-view=player]", within) == [True])
        each(browser, "[data-view=player]", "e.scrollIntoView()")
        field = asking.find(".ask-card input")
        field.click()
        before = browser.execute_script(STATE)
        asking.press(*COMMANDS)
        assert field.get_property("value") == "abxddmyzc00ii"
        asking.press(*Keys.BACKSPACE * len(COMMANDS), "6", Keys.ENTER)
        assert asking.find(".verdict.bad").is_displayed()
        assert focused(browser) == "INPUT"
        assert cut(browser) <= 0
        screenshot(browser, f"lab-ask-{width}-wrong")
        asking.press("7", Keys.ENTER)
        assert asking.find(".verdict.bad b").text == "7"
        assert cut(browser) <= 0
        asking.press("-6", Keys.ENTER)
        assert asking.find(".verdict").text.startswith("Right.")
        assert focused(browser) == "Next question"
        screenshot(browser, f"lab-ask-{width}-right")
        asking.press(*COMMANDS[1:])
        assert focused(browser) == "Next question"
        asking.press(Keys.ENTER)
        assert asking.find(".score").text.endswith("2 of 6, 1 right so far")
        assert focused(browser) == "INPUT"
        assert browser.execute_script(STATE) == before
    assert [message for message in complaints(browser) if not message.startswith("http")] == []
