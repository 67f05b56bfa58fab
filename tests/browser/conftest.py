"""Reports as files, and a Chromium that reports every request and every message."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from advisor.reporting.html import side_by_side

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1280,900"),
)
REPORTING = Path(__file__).parents[1] / "reporting"


def _found(*names: str) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)


def _module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"browser_{file}", REPORTING / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"browser_{file}"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make() -> ModuleType:
    return _module("advices")


@pytest.fixture(scope="session")
def report(make: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return the address of a case's report, written once; ``typical@ko`` is the typical one in Korean."""
    folder = tmp_path_factory.mktemp("reports")
    cases = {**make.CASES, **_module("diagnoses").CASES}

    def address(case: str) -> str:
        path = folder / f"{case}.html"
        if not path.exists():
            name, _, lang = case.partition("@")
            if name == "side_by_side":
                names = "before.advisor.json", "after.advisor.json"
                path.write_text(side_by_side.render(make.typical(), make.hostile(), names), encoding="utf-8")
            else:
                cases[name]().to_html(path, lang=lang or None)
        return path.as_uri()

    return address


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium = _found("chromium", "chromium-browser", "google-chrome")
    driver = _found("chromedriver", "chromium.chromedriver")
    if chromium is None or driver is None:
        reason = "needs Chromium and chromedriver on the PATH (tests/browser/install-chromium installs both)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    chrome.set_script_timeout(120)
    yield chrome
    chrome.quit()


@pytest.fixture
def see(browser: webdriver.Chrome, report: Callable[[str], str]) -> Iterator[Callable[..., webdriver.Chrome]]:
    """Open a case's report at a width, in a colour scheme, on screen or on paper."""

    def opened(case: str, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> webdriver.Chrome:
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
        for kind in ("browser", "performance"):
            browser.get_log(kind)  # forget the page before
        browser.get(report(case))
        return browser

    yield opened
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
