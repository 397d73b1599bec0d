"""What the browser tests share: Chromium through Debian's selenium, and what must hold of every page.

A test file makes its pages in `folder()`, opens them with `Browser`, and ends with `main()`.
"""
import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HOW_TO_GET = "the browser tests need a browser: apt-get install chromium chromium-driver python3-selenium"
try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = ActionChains = By = Keys = None

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
QUIET = [*"--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run --disable-background-networking".split(),
         *"--disable-component-update --disable-sync --disable-default-apps --hide-scrollbars".split(), "--host-resolver-rules=MAP * ~NOTFOUND"]


def folder():
    """Where this test's pages and pictures are, to be looked at afterwards."""
    path = pathlib.Path(os.environ["THALWEG_BROWSER_FILES"])
    path.mkdir(parents=True, exist_ok=True)
    return path


def thalweg(*arguments):
    """Runs the command as a user does. Returns what it printed."""
    done = subprocess.run([os.environ["THALWEG_COMMAND"], *map(str, arguments)], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise AssertionError(f"thalweg {arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def make_page(results, path, language="en"):
    """The page of results (a dict), by the writer that `thalweg compare` uses."""
    source = path.with_suffix(".json")
    source.write_text(json.dumps(results))
    subprocess.run([os.environ["THALWEG_MAKE_PAGE"], source, language, path], check=True, timeout=60)
    return path


class Browser:
    """Chromium with a profile of its own, which is gone afterwards whatever happens."""

    def __init__(self, width=1200, height=900):
        self.profile = tempfile.mkdtemp(prefix="thalweg-browser-")
        self.downloads = pathlib.Path(self.profile) / "downloads"
        self.downloads.mkdir()
        options = Options()
        options.binary_location = CHROMIUM
        for argument in [*QUIET, f"--user-data-dir={self.profile}/profile", f"--window-size={width},{height}"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.service = Service(DRIVER)
        self.driver = None
        try:
            self.driver = webdriver.Chrome(options=options, service=self.service)
            self.driver.set_script_timeout(60)
            self.cdp("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads))
            self.size(width, height)
        except BaseException:
            self.quit()
            raise

    def quit(self):
        try:
            if self.driver:
                self.driver.quit()
        finally:
            self.service.stop()
            shutil.rmtree(self.profile, ignore_errors=True)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def size(self, width, height=900):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def system_theme(self, name):
        self.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def open(self, path):
        """Opens a file and waits until all is drawn. Returns the milliseconds that took from the start of navigation."""
        self.complaints()
        self.driver.get("about:blank")
        self.driver.get_log("performance")
        self.driver.get(pathlib.Path(path).as_uri())
        return self.wait("return document.documentElement.dataset.drawn && Number(document.documentElement.dataset.drawn)", 60)

    def wait(self, script, seconds=10):
        """Runs a script until it returns something true, and returns that."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script)
            if value or time.monotonic() > end:
                if not value:
                    raise AssertionError(f"still false after {seconds} s: {script}; console: {self.complaints()}")
                return value
            time.sleep(0.03)

    def complaints(self):
        """What stands in the console since the last call: a page that holds has nothing to say."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """The addresses that were asked for since open(), but for files, data and blobs."""
        addresses = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                addresses.append(message["params"]["request"]["url"])
        return [a for a in addresses if not a.startswith(("data:", "blob:", "about:", "chrome:")) and a != self.driver.current_url.split("#")[0]]

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def press(self, *keys):
        chain = ActionChains(self.driver)
        for key in keys:
            chain.send_keys(key)
        chain.perform()

    def actions(self):
        return ActionChains(self.driver, duration=10)

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")

    def blank_canvases(self):
        """How many of the visible canvases have pixels of one colour only, and how many there are."""
        return self.run("""
          const seen = [...document.querySelectorAll("canvas")].filter((c) => c.offsetParent !== null);
          const blank = seen.filter((c) => {
            // Through a copy, since reading from a canvas makes the browser slow it down and complain.
            const copy = new OffscreenCanvas(c.width, c.height).getContext("2d", {willReadFrequently: true});
            copy.drawImage(c, 0, 0);
            const pixels = new Uint32Array(copy.getImageData(0, 0, c.width, c.height).data.buffer);
            return pixels.every((p) => p === pixels[0]);
          });
          return [blank.length, seen.length];""")

    def picture(self, name):
        """A screenshot of the whole page, for people to look at."""
        box = self.cdp("Page.getLayoutMetrics")["cssContentSize"]
        taken = self.cdp("Page.captureScreenshot", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": box["width"], "height": min(box["height"], 12000), "scale": 1})
        (folder() / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def downloaded(self, click, ending):
        """What a click saves: the bytes of the file."""
        for old in self.downloads.iterdir():
            old.unlink()
        click()
        end = time.monotonic() + 15
        while time.monotonic() < end:
            done = [f for f in self.downloads.iterdir() if f.name.endswith(ending)]
            if done and done[0].stat().st_size > 0:
                return done[0].read_bytes()
            time.sleep(0.03)
        raise AssertionError(f"no {ending} was saved: {list(self.downloads.iterdir())}; console: {self.complaints()}")

    def save(self, figure, kind):
        """Opens the save menu of a figure (a selector) and takes SVG, PNG or CSV."""
        menu = self.find(f"{figure} .menu")
        self.run("arguments[0].open = true", menu)
        button = next(b for b in menu.find_elements(By.CSS_SELECTOR, "button") if b.get_attribute("textContent") == kind)
        return self.downloaded(lambda: self.run("arguments[0].click()", button), "." + kind.lower())


class PageTest(unittest.TestCase):
    """One browser for all tests of a class; each must leave the console empty and ask the network for nothing."""

    @classmethod
    def setUpClass(cls):
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def setUp(self):
        self.browser.size(1200)
        self.browser.system_theme("light")

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual(self.browser.requests(), [])

    def open(self, path, plots=None):
        """Opens a page on which everything is drawn; `plots` visible canvases if given."""
        drawn = self.browser.open(path)
        print(f"{self.id()}: drawn after {drawn} ms, {path.stat().st_size / 1000:.0f} kB")
        blank, seen = self.browser.blank_canvases()
        self.assertEqual(blank, 0, f"of {seen} canvases")
        if plots is not None:
            self.assertEqual(seen, plots)
        self.assertLess(path.stat().st_size, 3_000_000)
        self.assertEqual(self.browser.overflow(), 0)


def main():
    if not (webdriver and CHROMIUM and DRIVER):
        print(HOW_TO_GET)
        sys.exit(1 if os.environ.get("THALWEG_BROWSER") == "required" else 77)
    unittest.main(verbosity=1)
