"""Takes the README's pictures: starts the portal on demo data of its own and looks at it with Chromium.

make pictures, or: python -m tests.take_pictures [FOLDER]     (default docs/pictures)
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.servers import CHROMIUM_NAMES, CHROMIUM_OPTIONS, free_port, installed

ROOT = Path(__file__).resolve().parent.parent
IMPORTER, APPLYING = "sorensen@nordlys.example", "kjaer@fjordglas.example"  # of the demo
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
CODE = re.compile(r"\b[A-Z0-9]{4}-[A-Z0-9]{4}\b")


@contextmanager
def portal() -> Iterator[tuple[str, list[str]]]:
    """The portal's address and a staff member's e-mail and password, as `manage.py up` prints them."""
    port = free_port()
    with tempfile.TemporaryDirectory() as var:
        Path(var).chmod(0o711)
        env = os.environ | {"VAR_DIR": var, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        command = [sys.executable, str(ROOT / "manage.py"), "up", "--port", str(port)]
        running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        try:
            yield env["PUBLIC_URL"], printed_sign_in(running)
        finally:
            running.terminate()
            running.wait(60)


def printed_sign_in(running: "subprocess.Popen[str]") -> list[str]:
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            first = next(i for i, text in enumerate(lines) if text.startswith("Demo sign-ins")) + 1
            return lines[first].split()
    sys.exit("The portal did not start.")


def staff_page(browser: Browser, url: str, email: str, password: str) -> Page:
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{url}/admin/")
    page.get_by_label(re.compile("e-mail")).first.fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(f"{url}/admin/")
    return page


def importer_page(browser: Browser, url: str, staff: Page, email: str, language: str) -> Page:
    """Signed in by a mailed code, which staff can read here because mails are kept."""
    page = browser.new_context(viewport=DESK).new_page()
    page.goto(f"{url}/account/login/code/")
    page.get_by_label(re.compile("e-mail")).first.fill(email)
    page.locator("main button").first.click()
    page.wait_for_url(re.compile("confirm"))
    page.locator("input[name=code]").fill(code(url, staff))
    page.locator("main button").first.click()
    page.wait_for_url(re.compile("/importers/"))
    switch = page.get_by_role("button", name=language)
    if switch.count():
        switch.click()
    return page


def code(url: str, staff: Page) -> str:
    for _ in range(100):
        staff.goto(f"{url}/admin/importers/notification/")
        mail = staff.locator("#result_list a", has_text=re.compile("sign|log", re.IGNORECASE)).first
        if mail.count():
            mail.click()
            if found := CODE.search(staff.content()):
                return found.group()
        time.sleep(0.2)
    sys.exit("No mail with a code arrived.")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with portal() as (url, sign_in), sync_playwright() as playwright:
        chromium = installed(*CHROMIUM_NAMES)
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        staff = staff_page(browser, url, *sign_in)
        staff.screenshot(path=folder / "dashboard.png")
        importer = importer_page(browser, url, staff, IMPORTER, "English")
        importer.screenshot(path=folder / "checklist.png")
        importer.set_viewport_size(PHONE)
        importer.screenshot(path=folder / "checklist-phone.png")
        applying = importer_page(browser, url, staff, APPLYING, "Dansk")
        applying.set_viewport_size(PHONE)
        applying.goto(f"{applying.url}ace-account/")
        applying.screenshot(path=folder / "ace-account-phone.png")
        browser.close()


if __name__ == "__main__":
    main()
