"""The sandbox's pages as a user sees them: labels, fields and buttons."""

from __future__ import annotations

from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait


class Pages:
    """One browser on its way through a login.

    Args:
        browser: The browser.
        pictures: A folder for a screenshot of each page, or None.
    """

    def __init__(self, browser: Chrome, pictures: Path | None) -> None:
        self.browser = browser
        self._pictures = pictures

    def open(self, url: str) -> None:
        """Go to an address."""
        self.browser.get(url)

    @property
    def heading(self) -> str:
        """Return the heading of the page."""
        return self.browser.find_element(By.TAG_NAME, "h1").text

    @property
    def text(self) -> str:
        """Return the visible text."""
        return self.browser.find_element(By.TAG_NAME, "body").text

    @property
    def alert(self) -> str:
        """Return the text of the page's alert."""
        return self.browser.find_element(By.CSS_SELECTOR, "[role=alert]").text

    def press(self, button: str) -> None:
        """Press the button with that text, and wait for the next page."""
        before = self._document()
        self.browser.find_element(By.XPATH, f"//button[normalize-space()={button!r}]").click()
        # Between two documents the driver answers with errors of many kinds.
        wait = WebDriverWait(self.browser, 10, 0.05, ignored_exceptions=[WebDriverException])
        wait.until(lambda _: self._document() not in (None, before))

    def choose(self, label: str) -> None:
        """Click a label: select a user, or tick or untick a permission."""
        self._label(label).click()

    def ticked(self) -> set[str]:
        """Return the texts of the ticked permissions."""
        return {
            label.text.splitlines()[0]
            for label in self.browser.find_elements(By.CSS_SELECTOR, "label.choice")
            if label.find_element(By.TAG_NAME, "input").is_selected()
        }

    def type_second_factor(self, code: str) -> None:
        """Type into the field that is labelled so."""
        field = self.field("Second factor")
        field.clear()
        field.send_keys(code)

    def field(self, label: str) -> WebElement:
        """Return the field of a label."""
        name = self.browser.find_element(By.XPATH, f"//label[normalize-space()={label!r}]")
        return self.browser.find_element(By.ID, name.get_attribute("for") or "")

    def picture(self, name: str) -> None:
        """Save a screenshot, if a folder was given."""
        if self._pictures is not None:
            self.browser.save_screenshot(str(self._pictures / f"{name}.png"))

    def _document(self) -> float | None:
        """Return an identifier of the current document, or None while it is loading."""
        script = "return document.readyState === 'complete' ? performance.timeOrigin : null"
        began: float | None = self.browser.execute_script(script)
        return began

    def _label(self, text: str) -> WebElement:
        labels = self.browser.find_elements(By.CSS_SELECTOR, "label.choice")
        (label,) = [label for label in labels if label.text.splitlines()[0] == text]
        return label
