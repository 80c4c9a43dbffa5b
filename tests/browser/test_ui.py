"""The real web server in a real browser: the graph, an asset, its checks, a run launched and seen through, read-only.

Skipped only where Chromium is not installed (Debian: `apt-get install chromium`). With BOLIGOMRAADER_PICTURES set to a
folder the pictures of the documentation are written anew. Does not belong here: what the figures are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.definitions import defs
from pipelines.running import CODE_LOCATION
from tests.command import ROOT, free_port
from tests.graph.homes import YEAR, Ready

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTH, HEIGHT = 1440, 900
MILLISECONDS = 90_000
ENDED = {"SUCCESS", "FAILURE", "CANCELED"}
PICTURES = os.environ.get("BOLIGOMRAADER_PICTURES", "")

if CHROMIUM is None:
    pytest.skip("Chromium is not installed", allow_module_level=True)

from playwright.sync_api import Page, expect, sync_playwright  # noqa: E402


@contextmanager
def served(home: Path, snapshots: Path, *more: str) -> Iterator[str]:
    """The address of the UI of a home, started by the command as a user starts it."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "boligomraader"), "ui", "--port", str(port)]
    command += ["--home", str(home), "--snapshots", str(snapshots), *more]
    environment = {k: v for k, v in os.environ.items() if k != "BOLIGOMRAADER_ENVIRONMENT"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/server_info", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, "the web server ended"
                time.sleep(0.5)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def home(ready: Ready, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("browser") / "home"
    shutil.copytree(ready.home, copy)
    return copy


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        yield page
        chromium.close()


@pytest.fixture(scope="module")
def address(home: Path, ready: Ready) -> Iterator[str]:
    with served(home, ready.snapshots) as found:
        yield found


@pytest.fixture(scope="module")
def read_only(home: Path, ready: Ready) -> Iterator[str]:
    with served(home, ready.snapshots, "--read-only") as found:
        yield found


def until(found: Callable[[], list[dict[str, str]]]) -> list[dict[str, str]]:
    """What is found as soon as anything is, or nothing when the time is up."""
    for _ in range(MILLISECONDS // 500):
        answer = found()
        if answer:
            return answer
        time.sleep(0.5)
    return []


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.wait_for_timeout(1500)
        page.screenshot(path=str(ROOT / PICTURES / f"{name}.png"))


def groups() -> set[str]:
    graph = defs.resolve_asset_graph()
    return {str(graph.get(key).group_name) for key in graph.get_all_asset_keys()}


def test_the_collapsed_graph_fits_1440_pixels(browser: Page, address: str) -> None:
    browser.goto(f"{address}/asset-groups/")
    last = browser.locator("svg foreignObject").filter(has_text=re.compile("^edition"))
    expect(last.first).to_be_visible()
    browser.wait_for_timeout(1500)
    boxes = {}
    for group in groups():
        label = browser.locator("svg foreignObject").filter(has_text=re.compile(f"^{group}")).first
        box = label.bounding_box()
        assert box is not None, group
        boxes[group] = box
    assert min(box["x"] for box in boxes.values()) >= 0
    assert max(box["x"] + box["width"] for box in boxes.values()) <= WIDTH
    assert min(box["width"] for box in boxes.values()) > 60
    assert browser.evaluate("document.documentElement.scrollWidth") <= WIDTH
    picture(browser, "graph")


def test_the_timeline_shows_what_the_command_ran(browser: Page, address: str) -> None:
    browser.goto(f"{address}/overview/activity/timeline?range=24hr")
    expect(browser.get_by_role("link", name="annual_list").first).to_be_visible()
    expect(browser.get_by_text(CODE_LOCATION, exact=True).first).to_be_visible()


def test_an_asset_shows_its_text_sql_columns_and_tags(browser: Page, address: str) -> None:
    browser.goto(f"{address}/assets/criteria/area_criteria?view=overview")
    expect(browser.get_by_text("Kriterier, offentliggjorte tal", exact=False).first).to_be_visible()
    law = browser.get_by_role("link", name="§ 61 b").first
    assert str(law.get_attribute("href")).startswith("https://www.retsinformation.dk/eli/lta/")
    expect(browser.get_by_text("share(nonwestern, residents)", exact=False).first).to_be_visible()
    expect(browser.get_by_text("nonwestern / residents. Ten digits", exact=False).first).to_be_visible()
    expect(browser.get_by_text("register/bef").first).to_be_visible()
    expect(browser.get_by_text("confidentiality: aggregate").first).to_be_visible()
    picture(browser, "asset")


def test_an_asset_leads_upstream_column_by_column(browser: Page, address: str) -> None:
    browser.goto(f"{address}/assets/criteria/area_criteria?view=overview")
    expect(browser.get_by_text("column_sources").first).to_be_visible()
    row = browser.locator("tr").filter(has_text="column_sources").last
    row.get_by_text("Show Markdown", exact=False).click()
    link = browser.get_by_role("link", name="criteria/area_figures").first
    expect(link).to_be_visible()
    picture(browser, "column-sources")
    link.click()
    expect(browser.get_by_text("exact fraction", exact=False).first).to_be_visible()
    browser.goto(f"{address}/assets/criteria/area_criteria?view=lineage&lineageScope=upstream&lineageDepth=2")
    expect(browser.get_by_text("area_figures").first).to_be_visible()
    picture(browser, "lineage")


def test_a_register_shows_its_checks_with_count_limit_and_remedy(browser: Page, address: str) -> None:
    browser.goto(f"{address}/assets/received/bef?view=checks&checkDetail=key_unique")
    expect(browser.get_by_text("key_unique").first).to_be_visible()
    expect(browser.get_by_text("blocking", exact=False).first).to_be_visible()
    expect(browser.get_by_text("Counts rows where PNR occurs more than once", exact=False).first).to_be_visible()
    expect(browser.get_by_text("failing_rows").first).to_be_visible()
    picture(browser, "checks")


def runs(address: str) -> list[dict[str, str]]:
    answer = graphql(address, "{runsOrError {... on Runs {results {runId status jobName}}}}")
    return answer["data"]["runsOrError"]["results"]


def graphql(address: str, query: str) -> dict:
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def test_a_run_is_launched_and_seen_through_to_its_end(browser: Page, address: str) -> None:
    before = {run["runId"] for run in runs(address)}
    browser.goto(f"{address}/assets/law/parameters?view=overview")
    browser.get_by_role("button", name="Materialize").first.click()
    years = browser.get_by_placeholder("ex: ", exact=False)
    years.fill(str(YEAR))
    years.press("Enter")
    launch = browser.get_by_role("button", name=re.compile("^Launch"))
    expect(launch).to_be_enabled()
    picture(browser, "launch")
    launch.click()
    new = until(lambda: [run for run in runs(address) if run["runId"] not in before])
    assert len(new) == 1
    browser.goto(f"{address}/runs/{new[0]['runId']}")
    expect(browser.get_by_text("Success", exact=True).first).to_be_visible()
    picture(browser, "run")
    # the page says so of a step before the run has ended
    ended = until(lambda: [r for r in runs(address) if r["runId"] not in before and r["status"] in ENDED])
    assert [run["status"] for run in ended] == ["SUCCESS"]


def test_read_only_shows_everything_and_launches_nothing(browser: Page, read_only: str) -> None:
    browser.goto(f"{read_only}/assets/criteria/area_criteria?view=overview")
    expect(browser.get_by_text("Kriterier, offentliggjorte tal", exact=False).first).to_be_visible()
    button = browser.get_by_role("button", name="Materialize")
    browser.wait_for_timeout(1000)
    assert button.count() == 0 or button.first.is_disabled()
    picture(browser, "read-only")
    before = len(runs(read_only))
    selector = 'repositoryLocationName: "statistics", repositoryName: "__repository__", jobName: "annual_list"'
    answer = graphql(
        read_only,
        'mutation {launchRun(executionParams: {mode: "default", selector: {' + selector + "}}) "
        "{__typename ... on UnauthorizedError {message}}}",
    )
    assert answer["data"]["launchRun"]["__typename"] == "UnauthorizedError"
    assert len(runs(read_only)) == before
