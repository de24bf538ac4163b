"""A player on a page, for hands: what a test presses, and what it reads."""

from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By


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

    def numbers(self):
        """What the boxes show: of each header the numbers in the rows below it."""
        return boxes(self.driver, self.root)


def boxes(driver, root):
    """Of each box in an element its header, and the numbers in its rows."""
    rows = driver.execute_script(
        """return [...arguments[0].querySelectorAll(".node")].map((node) =>
             [".head", ".row"].map((part) => [...node.querySelectorAll(part)].map((e) => e.textContent)))""",
        root,
    )
    return {head: [float(row.split()[1].replace("−", "-")) for row in texts] for (head,), texts in rows}
