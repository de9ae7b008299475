"""A real browser for tests: Chromium driven over the W3C WebDriver protocol, in plain HTTP, with nothing in between."""

import base64
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Self

import httpx

START_WITHIN_S = 30
MISSING = "no Chromium here: apt-get install chromium chromium-driver (Debian)"
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how WebDriver says "an element" (W3C WebDriver, 12.1)
ARGUMENTS = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *(
        "--disable-component-update",
        "--disable-sync",
        "--force-color-profile=srgb",
        "--hide-scrollbars",
        "--accept-lang=fr",
    ),
)


def missing() -> str:
    """Why there is no browser to test with; empty where there is one."""
    return "" if shutil.which("chromium") and shutil.which("chromedriver") else MISSING


class Browser:
    """One session with a profile of its own; ``close`` ends the browser and its driver."""

    def __init__(self, profile: Path, *, width: int = 1100, height: int = 1400) -> None:
        profile.mkdir(parents=True)
        self._log = (profile / "driver.log").open("wb")
        self._driver = subprocess.Popen(
            [str(shutil.which("chromedriver")), "--port=0"], stdout=subprocess.PIPE, stderr=self._log
        )
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{self._port()}", timeout=60)
        arguments = [*ARGUMENTS, f"--user-data-dir={profile / 'data'}", f"--window-size={width},{height}"]
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses to be sandboxed as root
        options = {"args": arguments, "binary": shutil.which("chromium")}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        made = self._http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
        self._session = f"/session/{made['sessionId']}"

    def _port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if b"started successfully on port" in line:
                return int(line.rstrip(b".\n").rpartition(b" ")[2])
        raise AssertionError("chromedriver ended without a word")

    def _call(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = self._http.request(method, self._session + path, json=body if method == "POST" else None)
        value = answer.json()["value"]
        assert answer.status_code == 200, value
        return value

    def cdp(self, name: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol."""
        return self._call("/goog/cdp/execute", {"cmd": name, "params": parameters})

    def look_like(self, *, width: int, height: int, dark: bool = False, media: str = "screen", scale: int = 1) -> None:
        """The size of the window, and what the person prefers."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": width < 600}
        self.cdp("Emulation.setDeviceMetricsOverride", **metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.cdp("Emulation.setEmulatedMedia", media=media, features=[scheme])

    def before_pages(self, script: str) -> str:
        """Runs a script before those of every page from now on; returns what `cdp` takes to end that."""
        return str(self.cdp("Page.addScriptToEvaluateOnNewDocument", source=script)["identifier"])

    def open(self, address: str) -> None:
        """Goes to an address and waits until it is loaded."""
        self._call("/url", {"url": address})

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns (``return ...``); a promise is waited for."""
        return self._call("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector: str) -> str:
        """What a person reads in the first element that the selector finds."""
        return str(self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector))

    def click(self, selector: str) -> None:
        """A click on an element, as a person does."""
        found = self._call("/element", {"using": "css selector", "value": selector})
        self._call(f"/element/{found[ELEMENT]}/click", {})

    def wait(self, script: str, what: str, within_s: float = 20) -> Any:
        """Until a script returns something true; returns that."""
        end = time.monotonic() + within_s
        while time.monotonic() < end:
            if value := self.run(script):
                return value
            time.sleep(0.02)
        raise AssertionError(f"not within {within_s} s: {what}; the page says {self.text('body')!r}")

    def messages(self) -> list[str]:
        """What the browser complained of since it was asked last (Content-Security-Policy, errors of scripts)."""
        return [each["message"] for each in self._call("/se/log", {"type": "browser"})]

    def picture(self) -> bytes:
        """The whole page as PNG."""
        made = self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        return base64.b64decode(made["data"])

    def close(self) -> None:
        """Ends it."""
        try:
            self._http.delete(self._session)
        finally:
            self._http.close()
            self._driver.terminate()
            self._driver.wait(10)
            assert self._driver.stdout is not None
            self._driver.stdout.close()
            self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
