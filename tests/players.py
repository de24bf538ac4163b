"""A player on a page, for hands: what a test presses, and what it reads."""

import re

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

RAISED = str.maketrans("0123456789()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾")
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def raised(text):
    """A name as a list of choices sets it, which is plain text: layers raised, indices lowered."""
    above = re.sub(r"\^(\(\d+\))", lambda found: found[1].translate(RAISED), text)
    return re.sub(r"_(\d+)", lambda found: found[1].translate(LOWERED), above)


class Player:
    """One of the players on the page."""

    def __init__(self, driver, which):
        self.driver, self.root = driver, driver.find_elements(By.CSS_SELECTOR, "[data-view=player]")[which]

    def find(self, selector):
        return self.root.find_element(By.CSS_SELECTOR, selector)

    @property
    def status(self):
        return self.find(".status").get_property("textContent")

    @property
    def words(self):
        """All that it says, wherever it is scrolled to."""
        return self.root.get_property("textContent")

    @property
    def last(self):
        return int(self.find(".scrubber").get_attribute("max"))

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def open(self, tool):
        """Open a drawer, if it is not open."""
        button = self.find(f".tool.{tool}")
        if button.get_attribute("aria-expanded") == "false":
            self.driver.execute_script("arguments[0].click()", button)

    def numbers(self):
        """The table of all values: of each name its value and its gradient; a mere number has none."""
        self.open("all")
        rows = self.driver.execute_script(
            """return [...arguments[0].querySelectorAll(".values tbody tr")]
                .map(({ cells }) => [...cells].map((cell, k) => (k ? cell.title : cell.textContent)))""",
            self.root,
        )
        return {name: [float(text.replace("−", "-")) for text in cells if text] for name, *cells in rows}
