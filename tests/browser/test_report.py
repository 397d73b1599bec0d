"""The report of a comparison, made by `thalweg compare` and used as people use it."""
import csv
import io
import json
import math
import struct
import xml.etree.ElementTree as xml

from browser import ActionChains, Keys, PageTest, folder, main, make_page, thalweg

SVG = "{http://www.w3.org/2000/svg}"
CURVES = "#curves .plot > div:not([hidden])"  # the plot of the chosen quantity
# The state of a plot: of the one that is drawn in a place.
PLOT = "const u = [...living].map((one) => one.plot).find((u) => u && document.querySelector(arguments[0]).contains(u.root));"


def setUpModule():
    global REPORT, RESULTS
    out = folder() / "digits"
    thalweg("compare", "--quiet", "--trials", 4, "--seeds", 4, "--epochs", 6, "--output", out)
    REPORT, RESULTS = out / "report.html", json.loads((out / "results.json").read_text())


class Report(PageTest):
    def state(self, place):
        """What a plot shows: the ends of its axes, and the column and the text at its cursor."""
        return self.browser.run(PLOT + """return {x: [u.scales.x.min, u.scales.x.max], y: [u.scales.y.min, u.scales.y.max], column: u.cursor.idx,
            text: u.root.closest("figure").querySelector(".readout").textContent}""", place)

    def over(self, place):
        self.browser.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center'})", f"{place} .u-over")
        return self.browser.find(f"{place} .u-over")

    def heading(self):
        return self.browser.find("h1").text.replace("\u00a0", " ")

    def test_it_says_what_won_and_draws_everything(self):
        optimizers = len(RESULTS["optimizers"])
        self.open(REPORT, plots=4 + 2 * optimizers)  # one of them the relief of the surface
        first = RESULTS["ranking"][0]
        self.assertIn(first["optimizer"], self.heading())
        self.assertIn(f"{100 * first['score_mean']:.1f} %", self.heading())
        self.assertEqual(self.browser.find(".findings .value").text, first["spec"])
        rows = self.browser.all("#ranking .ranking tbody tr")
        self.assertEqual([row.find_element("css selector", ".name").text for row in rows], [p["optimizer"] for p in RESULTS["ranking"]])
        self.assertEqual(self.browser.find("#settings pre").text, RESULTS["command"])
        self.assertEqual(len(self.browser.all("nav a")), len(self.browser.all("main > section")))
        self.assertEqual(self.browser.run("return [...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')].map((e) => e.id)).size"), 0)

    def test_the_cursor_tells_the_values_of_an_epoch(self):
        self.open(REPORT)
        over = self.over(CURVES)
        self.browser.actions().move_to_element_with_offset(over, over.size["width"] // 2 - 2, 0).perform()
        text = self.state(CURVES)["text"]
        self.assertIn("epoch 6", text)
        best = min(RESULTS["ranking"][:6], key=lambda p: self.mean(p["optimizer"], "validation_loss", -1))["optimizer"]
        self.assertRegex(text, rf"^epoch 6\s*{best} {self.mean(best, 'validation_loss', -1):.4g}"[:-1])
        self.browser.actions().move_to_element(self.browser.find("h1")).perform()
        self.assertIn("arrow keys", self.state(CURVES)["text"])

    def mean(self, name, field, epoch):
        runs = next(o for o in RESULTS["optimizers"] if o["optimizer"] == name)["runs"]
        values = [run["curve"][field][epoch] for run in runs]
        return math.fsum(values) / len(values)

    def test_the_cursor_finds_the_nearest_trial(self):
        self.open(REPORT)
        browser, place = self.browser, "#sensitivity"
        buttons = browser.all(f"{place} .chips button")
        buttons[-1].click()  # none
        buttons[0].click()
        first = RESULTS["ranking"][0]["optimizer"]
        one = next(o for o in RESULTS["optimizers"] if o["optimizer"] == first)
        trial = one["trials"][one["chosen_trial"]]
        self.over(place)
        left, top = browser.run(PLOT + """const box = u.over.getBoundingClientRect();
            return [u.valToPos(Math.log10(arguments[1]), "x") - box.width / 2, u.valToPos(Math.log10(arguments[2]), "y") - box.height / 2]""", place, trial["lr"], trial["validation_loss"])
        browser.actions().move_to_element_with_offset(self.over(place), round(left) + 9, round(top) + 7).perform()
        rate, loss = browser.run("return [short(arguments[0], 4), short(arguments[1], 4)]", trial["lr"], trial["validation_loss"])
        self.assertEqual(self.state(place)["text"], f"{first}learning rate {rate}validation loss {loss} (chosen)")

    def test_dragging_the_wheel_and_a_double_click_zoom(self):
        self.open(REPORT)
        over, home = self.over(CURVES), self.state(CURVES)
        self.browser.actions().move_to_element_with_offset(over, -150, -60).click_and_hold().move_by_offset(120, 80).release().perform()
        drag = self.state(CURVES)
        for axis in "xy":
            self.assertLess(home[axis][0], drag[axis][0])
            self.assertLess(drag[axis][1], home[axis][1])
        self.assertTrue(self.browser.find(f"{CURVES} .back").is_displayed())
        self.browser.actions().double_click(over).perform()
        self.assertEqual(self.state(CURVES)["x"], home["x"])
        self.assertFalse(self.browser.find(f"{CURVES} .back").is_displayed())
        self.browser.run("""document.querySelector(arguments[0]).dispatchEvent(new WheelEvent("wheel", {deltaY: -100, ctrlKey: true, bubbles: true, cancelable: true}))""", f"{CURVES} .u-over")
        self.assertLess(self.state(CURVES)["x"][1] - self.state(CURVES)["x"][0], home["x"][1] - home["x"][0])
        self.browser.run("""document.querySelector(arguments[0]).dispatchEvent(new WheelEvent("wheel", {deltaY: -100, bubbles: true, cancelable: true}))""", f"{CURVES} .u-over")
        self.browser.find(f"{CURVES} .back").click()
        self.assertEqual(self.state(CURVES)["y"], home["y"])

    def test_the_keyboard_is_enough(self):
        self.open(REPORT)
        browser = self.browser
        browser.press(Keys.TAB)
        self.assertEqual(browser.run("return document.activeElement.className"), "skip")
        self.assertGreaterEqual(browser.run("return document.activeElement.getBoundingClientRect().left"), 0)
        browser.press(Keys.ENTER)
        for _ in range(60):
            browser.press(Keys.TAB)
            self.assertNotEqual(browser.run("return getComputedStyle(document.activeElement).outlineStyle"), "none", browser.run("return document.activeElement.outerHTML"))
            if browser.run("return document.activeElement.matches('.canvas')"):
                break
        self.assertTrue(browser.run("return document.querySelector(arguments[0]).contains(document.activeElement)", CURVES))
        home, spoken = self.state(CURVES), lambda: browser.find(f"{CURVES} [role=status]").get_attribute("textContent")
        browser.press(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
        self.assertEqual(self.state(CURVES)["column"], 1)
        self.assertIn("epoch 2", spoken())
        browser.press(Keys.END)
        self.assertIn("epoch 6", spoken())
        browser.press(Keys.ARROW_DOWN)
        self.assertRegex(spoken(), rf"^{RESULTS['ranking'][0]['optimizer']}, epoch 6: [\d.]+$")
        browser.press("+", "+")
        near = self.state(CURVES)
        self.assertLess(near["x"][1] - near["x"][0], home["x"][1] - home["x"][0])
        browser.press(Keys.SHIFT + Keys.ARROW_RIGHT + Keys.NULL)
        self.assertGreater(self.state(CURVES)["x"][0], near["x"][0])
        browser.press("-", Keys.ESCAPE)
        self.assertEqual(self.state(CURVES)["x"], home["x"])
        browser.press(Keys.ESCAPE)
        self.assertIn("arrow keys", self.state(CURVES)["text"])

    def test_lines_can_be_hidden_and_shown(self):
        self.open(REPORT)
        browser, names = self.browser, [p["optimizer"] for p in RESULTS["ranking"]]
        shown = lambda: browser.run(PLOT + "return u.series.slice(1).filter((s) => s.show).map((s) => s.label)", CURVES)
        self.assertEqual(shown(), names[:6])
        button = lambda text: next(b for b in browser.all("#curves .chips button") if b.text == text)
        button(names[0]).click()
        self.assertEqual(shown(), names[1:6])
        self.assertEqual(button(names[0]).get_attribute("aria-pressed"), "false")
        button("all").click()
        self.assertEqual(shown(), names)
        next(b for b in browser.all("#curves .controls button") if b.text == "training loss").click()
        self.assertEqual(shown(), names)
        self.assertIn("training loss", browser.find(f"{CURVES} figcaption").text)
        self.assertEqual(browser.blank_canvases()[0], 0)

    def test_the_colours_follow_the_system_and_the_reader(self):
        self.open(REPORT)
        browser = self.browser
        paper = lambda: browser.run("return getComputedStyle(document.body).backgroundColor")
        ink = lambda: browser.run(PLOT + "return u.ctx.canvas.toDataURL()", CURVES)
        light, drawn = paper(), ink()
        browser.system_theme("dark")
        browser.wait("return document.documentElement.dataset.theme === 'dark'")
        self.assertNotEqual(paper(), light)
        browser.wait("return true", 0.2)
        self.assertNotEqual(ink(), drawn)
        theme = lambda name: browser.run("const s = document.querySelectorAll('.switches select')[1]; s.value = arguments[0]; s.dispatchEvent(new Event('change'))", name)
        theme("light")
        self.assertEqual(paper(), light)
        browser.open(REPORT)
        self.assertEqual(paper(), light)  # it is remembered
        theme("system")
        self.assertNotEqual(paper(), light)

    def test_the_languages(self):
        chinese = folder() / "chinese.html"
        make_page(RESULTS, chinese, "zh-Hans")
        self.open(chinese)
        browser = self.browser
        language = lambda tag: browser.run("const s = document.querySelector('.switches select'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", tag)
        heads = lambda: [h.text for h in browser.all("h2")]
        self.assertEqual(browser.run("return document.documentElement.lang"), "zh-Hans")
        self.assertIn("学习率", " ".join(heads()))
        language("zh-Hant")
        self.assertIn("學習率", " ".join(heads()))
        self.assertEqual(browser.run("return document.documentElement.lang"), "zh-Hant")
        self.assertEqual(browser.blank_canvases()[0], 0)
        # Beyond names, numbers and specs no English is left.
        words = browser.run(r"""const names = new Set(data.optimizers.map((o) => o.optimizer));
            const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), left = new Set();
            for (let n = walk.nextNode(); n; n = walk.nextNode()) {
              if (n.parentElement.closest("pre, code, dd, .numbers")) continue;
              for (const word of n.data.match(/\w{3,}/g) ?? []) if (!names.has(word) && !/^[\d_]+$/.test(word)) left.add(word);
            }
            return [...left]""")
        self.assertEqual(set(words) - {"Student", "digits", "mlp", "SVG", "PNG", "CSV", "RMSE", "log", "Ctrl", "bootstrap", "thalweg", "Wortsman"}, set())
        language("en")
        self.assertEqual(heads()[0], "Ranking")
        self.open(REPORT)
        english = self.heading()
        browser.open(chinese)
        language("en")
        self.assertEqual(self.heading(), english)

    def test_every_plot_can_be_saved(self):
        self.open(REPORT)
        browser = self.browser
        figures = len(browser.all("figure"))
        self.assertEqual(len(browser.all("figure .menu")), figures)
        svg = xml.fromstring(browser.save(CURVES, "SVG"))
        self.assertEqual(svg.tag, SVG + "svg")
        self.assertIsNone(svg.find(f".//{SVG}image"))
        texts = [t.text for t in svg.iter(SVG + "text")]
        for text in ["validation loss (logarithmic)", "epoch", *[p["optimizer"] for p in RESULTS["ranking"][:6]]]:
            self.assertIn(text, texts)
        lines = [p for p in svg.find(f"{SVG}g").iter(SVG + "path") if p.get("stroke-width") == "2"]
        self.assertEqual(len(lines), 6)
        self.assertEqual(len({(p.get("stroke"), p.get("stroke-dasharray")) for p in lines}), 6)
        for line in lines:
            self.assertEqual(line.get("d").count("L"), 5)  # six epochs
        png = browser.save(CURVES, "PNG")
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">I", png[16:20])[0], 2 * int(svg.get("width")))
        rows = list(csv.reader(io.StringIO(browser.save(CURVES, "CSV").decode())))
        names = [p["optimizer"] for p in RESULTS["ranking"][:6]]
        self.assertEqual(rows[0], ["epoch", *names])
        self.assertEqual([row[0] for row in rows[1:]], [str(e) for e in range(1, 7)])
        for column, name in enumerate(names, 1):
            for epoch in range(6):
                self.assertAlmostEqual(float(rows[1 + epoch][column]), self.mean(name, "validation_loss", epoch), delta=1e-12)
        trials = list(csv.DictReader(io.StringIO(browser.save("#sensitivity", "CSV").decode())))
        self.assertEqual(len(trials), sum(len(o["trials"]) for o in RESULTS["optimizers"]))
        ranking = list(csv.DictReader(io.StringIO(browser.save("#ranking", "CSV").decode())))
        self.assertEqual([float(row["score_mean"]) for row in ranking], [p["score_mean"] for p in RESULTS["ranking"]])
        intervals = xml.fromstring(browser.save("#ranking", "SVG"))
        self.assertEqual(len(list(intervals.iter(SVG + "circle"))), len([c for c in browser.all("#ranking tbody circle")]))
        card = xml.fromstring(browser.save("#each .card:first-of-type .pair > div:last-child", "SVG"))
        self.assertIn("learning rate", [t.text for t in card.iter(SVG + "text")])

    def test_tables_hold_the_same_numbers(self):
        self.open(REPORT)
        view = self.browser.find(f"{CURVES} .numbers")
        self.assertEqual(view.find_elements("css selector", "table"), [])
        self.browser.run("arguments[0].open = true", view)
        self.browser.wait("return document.querySelector('#curves .numbers table')")
        cells = self.browser.run("return [...document.querySelectorAll('#curves .numbers tr')].map((r) => [...r.children].map((c) => c.textContent))")
        self.assertEqual(len(cells), 7)
        name = cells[0][1]
        self.assertAlmostEqual(float(cells[6][1]), self.mean(name, "validation_loss", 5), delta=5e-4)

    def test_it_fits_and_is_pictured_at_three_widths_and_two_themes(self):
        chinese = folder() / "chinese-layout.html"
        make_page(RESULTS, chinese, "zh-Hant")
        for width in [360, 1024, 1920]:
            for theme in ["light", "dark"]:
                self.browser.size(width)
                self.browser.system_theme(theme)
                self.open(REPORT)
                self.browser.picture(f"{width}-{theme}")
            self.open(chinese)
            self.browser.picture(f"{width}-chinese")
            small = self.browser.run("""return [...document.querySelectorAll("main *")].filter((e) => e.textContent && e.getClientRects().length && !e.children.length && parseFloat(getComputedStyle(e).fontSize) < 11.5).map((e) => e.outerHTML)""")
            self.assertEqual(small, [])

    def test_the_best_are_shown_on_the_surface(self):
        self.open(REPORT)
        best = [p["optimizer"] for p in RESULTS["ranking"] if p["score_mean"] is not None][:5]
        self.assertEqual([b.text for b in self.browser.all("#surface .chips button")], best)
        paths = """return [...document.querySelectorAll("#surface .views svg path")].filter((p) => p.getAttribute("stroke-width") === "2.4").length"""
        self.assertEqual(self.browser.run(paths), len(best))
        self.browser.run("document.querySelector('#surface .chips button').click()")
        self.assertEqual(self.browser.run(paths), len(best) - 1)

    def test_paper_gets_lines(self):
        import base64
        self.open(REPORT)
        self.browser.run("""dispatchEvent(new Event("beforeprint"))""")
        figures = len(self.browser.all("figure:not(.views *)"))
        self.assertEqual(len(self.browser.all("figure > svg")), figures)
        self.assertEqual([c for c in self.browser.all("canvas:not(.views *)") if c.is_displayed()], [])
        self.browser.run("""dispatchEvent(new Event("afterprint"))""")
        self.assertEqual(self.browser.all("figure > svg"), [])
        self.assertEqual(self.browser.blank_canvases()[0], 0)
        pdf = base64.b64decode(self.browser.cdp("Page.printToPDF", printBackground=False)["data"])
        (folder() / "print.pdf").write_bytes(pdf)
        self.assertEqual(pdf[:5], b"%PDF-")


if __name__ == "__main__":
    main()
