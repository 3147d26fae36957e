"""A real browser against a real server process on a database of its own.

- `service`: the address of a served copy of the database (`committed_db`).
- `new_page(javascript=True)`: a page in a fresh browser context.
- `look(page, name)`: nothing is wider than any of three screens, and no accessibility fault on the
  narrowest; `make trials` looks for faults at all three widths. The pictures go to the folder in
  OPENPROTECT_SCREENSHOTS, if that is set.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from openprotect.config.database_urls import Urls

WIDTHS = {"phone": 320, "tablet": 768, "desktop": 1280}
# A look for faults takes longer than all else that a test of a page does.
EXAMINED = frozenset(WIDTHS) if os.environ.get("OPENPROTECT_WHOLE") else frozenset({"phone"})
ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTS_WITHIN = 30


# Of a module, not of the session: while it runs, asyncio.run is refused in this process, and the
# jobs of other tests need it.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Playwright asks Django about its loop: inside it the database may be used all the same.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        started = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def make(*, javascript: bool = True) -> Page:
        context = browser.new_context(
            java_script_enabled=javascript, locale="en-GB", viewport={"width": 320, "height": 640}
        )
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def look() -> Callable[[Page, str], None]:
    folder = os.environ.get("OPENPROTECT_SCREENSHOTS")
    axe = Axe()

    def check(page: Page, name: str) -> None:
        faults = []
        for device, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 800})
            if device in EXAMINED:
                found = axe.run(page).response["violations"]
                faults += [f"{device}: {fault['id']} at {fault['nodes'][0]['html']}" for fault in found]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} is wider than a {device}"
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=str(Path(folder) / f"{name}-{device}.png"), full_page=True)
        assert not faults, f"{name}: {faults}"

    return check


@pytest.fixture
def service(committed_db: Urls, tmp_path: Path) -> Iterator[str]:
    """A served copy of the database; its log is shown where it does not start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    log = tmp_path / "server.log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                "--no-ws",
                "--blocking-threads",
                "2",
                "openprotect.config.wsgi:application",
            ],
            env={**os.environ, "OPENPROTECT_BASE_URL": address, "OPENPROTECT_PROCESS": "web"},
            stdout=written,
            stderr=written,
        )
        try:
            _wait_for(f"{address}/healthz", process, log)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=10)


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{re.sub(r'(?m)^', '  ', log.read_text()[-3000:])}")
