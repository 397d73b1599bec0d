"""The page of `thalweg surface`, used as people use it."""
import csv
import io
import json
import math
import re
import struct
import time
import xml.etree.ElementTree as xml

from browser import Keys, PageTest, folder, main, thalweg

SVG = "{http://www.w3.org/2000/svg}"
MAP, RELIEF = ".views figure:nth-child(1)", ".views figure:nth-child(2)"
# A number that stands for all pixels of the relief.
PIXELS = """const c = document.querySelector(".views canvas"), copy = new OffscreenCanvas(c.width, c.height).getContext("2d", {willReadFrequently: true});
  copy.drawImage(c, 0, 0);
  return [...new Uint32Array(copy.getImageData(0, 0, c.width, c.height).data.buffer)].reduce((a, b) => (a * 31 + b) >>> 0, 7);"""


def drawn(name, *arguments):
    page = folder() / f"{name}.html"
    thalweg("surface", *arguments, "--quiet", "--lang", "en", "--html", page)
    return page


def setUpModule():
    global FUNCTION, SLICE, DIVERGED
    FUNCTION = drawn("rosenbrock", "rosenbrock", "-o", "adam:lr=0.2", "-o", "nesterov:lr=1e-3", "-o", "sgd:lr=1e-3", "--steps", 100)
    SLICE = drawn("slice", "--data", "iris", "--model", "mlp:4", "-o", "adam:lr=0.01", "-o", "sgd:lr=0.1", "--epochs", 5, "--grid", 31)
    DIVERGED = drawn("diverged", "--function", "x^2 + 20*y^2", "--start", "8,1", "-o", "sgd:lr=0.04", "-o", "sgd:lr=0.06", "--steps", 60)


class SurfacePage(PageTest):
    def data(self):
        return self.browser.run("return data")

    def paths(self):
        """The d of the strong lines of the map, one for each path that is shown."""
        return self.browser.run("""return [...document.querySelectorAll(".views svg path")].filter((p) => p.getAttribute("stroke-width") === "2.4").map((p) => p.getAttribute("d"))""")

    def slide(self, step):
        self.browser.run("const s = document.querySelector('.time input'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))", step)

    def press(self, name):
        next(b for b in self.browser.all("button") if b.text.strip() == name).click()

    def readout(self, figure=MAP):
        return self.browser.find(f"{figure} .readout").text

    def test_all_is_drawn_soon_and_says_what_happened(self):
        for page, canvases in [(FUNCTION, 2), (SLICE, 2), (DIVERGED, 2)]:
            self.open(page, plots=canvases)
            self.assertLess(page.stat().st_size, 500_000)
            self.assertGreater(len(self.browser.all(f"{MAP} svg path")), 12)
            self.assertEqual(len(self.browser.all("table.ends tbody tr")), len(self.data()["paths"]))
        self.assertRegex(self.browser.find("h1").text, r"sgd:lr=0\.04 reached the minimum; sgd:lr=0\.06 diverged")

    def test_it_fits_every_screen_in_every_colour_and_language(self):
        for page in (FUNCTION, SLICE):
            for width, theme in [(360, "light"), (360, "dark"), (768, "light"), (1920, "light"), (1920, "dark")]:
                self.browser.size(width)
                self.browser.system_theme(theme)
                self.open(page)
                self.browser.picture(f"{page.stem}-{width}-{theme}")
                small = self.browser.run("""return [...document.querySelectorAll("main :not(svg *)")].filter((e) => e.childNodes.length && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && parseFloat(getComputedStyle(e).fontSize) < 11).length""")
                self.assertEqual(small, 0)
        for language, word in [("zh-Hant", "誤差曲面"), ("zh-Hans", "误差曲面")]:
            self.browser.run("const s = document.querySelector('.switches select'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", language)
            self.assertEqual(self.browser.find("#surface h2").text, word)
            self.assertEqual(self.browser.overflow(), 0)
            self.browser.picture(f"slice-{language}")

    def test_the_slider_moves_all_paths_at_once(self):
        self.open(FUNCTION)
        whole = self.paths()
        before = self.browser.run(PIXELS)
        self.slide(10)
        self.assertEqual(self.browser.find(".time output").text, "step 10 of 100")
        part = self.paths()
        self.assertEqual([p.count("L") for p in part][1:], [10, 10])  # of sgd, which comes first, steps within a pixel are left out
        self.assertTrue(all(w.startswith(p) for p, w in zip(part, whole)))
        self.browser.wait(f"const now = (() => {{ {PIXELS} }})(); return now !== {before}")
        # The look-ahead of Nesterov's method at this step.
        self.assertTrue(self.browser.all(f"{MAP} circle[r='4.5']"))
        self.browser.picture("rosenbrock-step-10")
        slider = self.browser.find(".time input")
        slider.send_keys(Keys.ARROW_RIGHT)
        self.assertEqual(slider.get_attribute("aria-valuetext"), "step 11 of 100")

    def test_it_plays_and_pauses(self):
        self.open(FUNCTION)
        self.press("▶ Play")
        self.browser.wait("const s = Number(document.querySelector('.time input').value); return s > 2 && s < 90")
        self.press("❚❚ Pause")
        self.browser.wait("return [...document.querySelectorAll('button')].some((b) => b.textContent.startsWith('▶ Play'))")
        step = self.browser.find(".time output").text
        time.sleep(0.3)
        self.assertEqual(self.browser.find(".time output").text, step)

    def test_paths_go_off_and_on(self):
        self.open(FUNCTION)
        chip = self.browser.all(".chips button")[1]
        chip.click()
        self.assertEqual(chip.get_attribute("aria-pressed"), "false")
        self.assertEqual(len(self.paths()), 2)
        chip.click()
        self.assertEqual(len(self.paths()), 3)

    def test_heights_are_linear_or_logarithmic(self):
        self.open(FUNCTION)
        grounds = lambda: self.browser.run("""return [...document.querySelectorAll(".views svg g:first-of-type path")].map((p) => p.getAttribute("d")).join()""")
        log, relief = grounds(), self.browser.run(PIXELS)
        self.press("linear")
        self.assertNotEqual(grounds(), log)
        self.browser.wait(f"const now = (() => {{ {PIXELS} }})(); return now !== {relief}")
        self.assertIn("f from 0 to", self.browser.run("const said = []; const keep = CanvasRenderingContext2D.prototype.fillText; CanvasRenderingContext2D.prototype.fillText = function (s, ...r) { said.push(s); keep.call(this, s, ...r); }; redraw(); CanvasRenderingContext2D.prototype.fillText = keep; return said.join('|')"))

    def test_the_cursor_tells_the_value_and_the_step(self):
        self.open(FUNCTION)
        scene = self.browser.find(f"{MAP} .scene")
        self.browser.run("arguments[0].scrollIntoView({block: 'center'})", scene)
        self.browser.actions().move_to_element_with_offset(scene, 60, 40).perform()
        said = re.search(r"x (\S+), y (\S+)\s+f ≈ (\S+)", self.readout().replace("−", "-"))
        x, y, f = (float(v) for v in said.groups())
        self.assertAlmostEqual(f / (100 * (y - x * x) ** 2 + (1 - x) ** 2), 1, delta=0.1)
        # On the start of all paths, where the tooltip names one with its step.
        at = self.browser.run("""const ring = document.querySelector(".views circle[r='6.5']"), b = ring.getBoundingClientRect(), s = arguments[0].getBoundingClientRect();
          return [b.x + b.width / 2 - s.x - s.width / 2, b.y + b.height / 2 - s.y - s.height / 2]""", scene)
        self.browser.actions().move_to_element_with_offset(scene, *(round(v) for v in at)).perform()
        self.assertRegex(self.readout(), r"step 0: x −1\.2, y 1, 24\.2")

    def test_the_keyboard_reads_zooms_and_turns(self):
        self.open(FUNCTION)
        self.browser.run("document.querySelector(arguments[0]).focus()", f"{MAP} .scene")
        self.browser.press(Keys.ARROW_RIGHT, Keys.ARROW_UP)
        self.assertRegex(self.browser.find(f"{MAP} [role=status]").get_attribute("textContent"), r"x 0\.1, y 1\.1.*f ≈ 119\.6")
        ticks = lambda: [e.text for e in self.browser.all(f"{MAP} svg text")]
        home = ticks()
        self.browser.press("+", "+", "+")
        self.assertNotEqual(ticks(), home)
        self.browser.press("0")
        self.assertEqual(ticks(), home)
        before = self.browser.run(PIXELS)
        self.browser.run("document.querySelector(arguments[0]).focus()", f"{RELIEF} .scene")
        self.browser.press(Keys.ARROW_LEFT, Keys.ARROW_UP)
        self.assertRegex(self.browser.find(f"{RELIEF} [role=status]").get_attribute("textContent"), r"turned to \d+°")
        self.browser.wait(f"const now = (() => {{ {PIXELS} }})(); return now !== {before}")

    def test_the_relief_turns_with_the_mouse(self):
        self.open(SLICE)
        before = self.browser.run(PIXELS)
        scene = self.browser.find(f"{RELIEF} .scene")
        self.browser.run("arguments[0].scrollIntoView({block: 'center'})", scene)
        self.browser.actions().move_to_element(scene).click_and_hold().move_by_offset(120, 30).release().perform()
        self.browser.wait(f"const now = (() => {{ {PIXELS} }})(); return now !== {before}")
        self.browser.picture("slice-turned")

    def test_a_path_that_diverged_is_marked_and_does_not_squash(self):
        self.open(DIVERGED)
        data = self.data()
        self.assertLess(max(map(abs, data["x"] + data["y"])), 40)
        self.assertEqual(data["paths"][1]["end"], "diverged")
        crosses = self.browser.run("""return [...document.querySelectorAll(".views svg path")].filter((p) => /l10 10m0 -10l-10 10$/.test(p.getAttribute("d"))).length""")
        self.assertEqual(crosses, 2)  # one and its halo
        self.browser.picture("diverged")

    def test_everything_can_be_saved(self):
        self.open(FUNCTION)
        for figure, most in [(MAP, 400_000), (RELIEF, 3_000_000)]:
            picture = xml.fromstring(self.browser.save(figure, "SVG"))
            self.assertEqual(picture.tag, SVG + "svg")
            self.assertGreater(len(list(picture.iter(SVG + "path"))), 20)
            png = self.browser.save(figure, "PNG")
            self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
            self.assertGreater(struct.unpack(">I", png[16:20])[0], 700)
            self.assertLess(len(png), most)
        rows = list(csv.reader(io.StringIO(self.browser.save(MAP, "CSV").decode())))
        self.assertEqual(rows[0], ["x", "y", "f"])
        self.assertEqual(len(rows), 1 + 121 * 121)
        x, y, f = map(float, rows[5000])
        self.assertTrue(math.isclose(f, 100 * (y - x * x) ** 2 + (1 - x) ** 2, rel_tol=1e-5))
        rows = list(csv.reader(io.StringIO(self.browser.save(RELIEF, "CSV").decode())))
        self.assertEqual(rows[0], ["path", "step", "x", "y", "f"])
        self.assertEqual(rows[1], ["adam", "0", "-1.2", "1", "24.2"])
        self.assertEqual(len(rows), 1 + 3 * 101)

    def test_extreme_functions_are_drawn(self):
        cases = {"huge": ("--function", "1e300*(x^2 + y^2)"), "tiny": ("--function", "1e-28*(x^2 + y^2)"), "undefined": ("--function", "sqrt(x)*y^2 + 1/x"),
                 "nowhere": ("--function", "0*x", "-o", "sgd"), "one": ("--function", "x^2 + y^2", "--start", "0,0", "-o", "adam")}
        for name, words in cases.items():
            self.open(drawn(name, *words, "--grid", 41, "--steps", 50))
            self.browser.picture(f"extreme-{name}")
        many = [word for i in range(60) for word in ("-o", f"sgd:lr={0.0005 * (i + 1)}")]
        page = drawn("many", "ravine", *many, "--steps", 200_000)
        self.open(page)
        self.assertLess(page.stat().st_size, 2_500_000)
        self.slide(50)
        self.browser.picture("many")


if __name__ == "__main__":
    main()
