"""What rare features get, on sparse data; nothing about it on dense data."""
import csv
import io
import json

from browser import PageTest, folder, main, make_page, thalweg

PLACE = "#rare-features"
PLOT = f"""const all = [...living].map((one) => one.plot).filter((u) => u && document.querySelector("{PLACE}").contains(u.root));
const u = all.find((u) => u.root.offsetParent !== null);"""


def setUpModule():
    global PAGE, RESULTS, DENSE
    optimizers = [word for name in ["sgd", "momentum", "adagrad", "rmsprop", "adam", "adamax", "ftrl", "qhm"] for word in ["-o", name]]
    out = folder() / "agaricus"
    thalweg("compare", "--data", "agaricus", "--model", "logistic", "--quiet", "--trials", 3, "--seeds", 2, "--epochs", 2, *optimizers, "--output", out)
    PAGE, RESULTS = out / "report.html", json.loads((out / "results.json").read_text())
    dense = folder() / "iris"
    thalweg("compare", "--data", "iris", "--model", "softmax", "--quiet", "--trials", 2, "--seeds", 2, "--epochs", 2, "-o", "sgd", "-o", "adagrad", "--output", dense)
    DENSE = dense / "report.html"


class RareFeatures(PageTest):
    def gains(self):
        return {one["optimizer"]: one["gain"] for one in RESULTS["feature_rates"]["optimizers"]}

    def test_the_sentence_is_that_of_the_command(self):
        self.open(PAGE)
        said = RESULTS["feature_rates"]["finding"]
        bin = RESULTS["feature_rates"]["occurrences"][0]
        self.assertEqual(self.browser.find(f"{PLACE} .finding").text, said.replace(f"{bin['low']} to {bin['high']}", f"{bin['low']}–{bin['high']}"))
        self.assertIn(PLACE, [a.get_attribute("href").split("/")[-1].split("html")[-1] for a in self.browser.all("nav a")])

    def test_lines_are_relative_to_the_commonest_features_or_rates(self):
        self.open(PAGE)
        for relative, button in [(True, 0), (False, 1)]:
            self.browser.all(f"{PLACE} fieldset")[0].find_elements("css selector", "button")[button].click()
            lines = dict(self.browser.run(PLOT + "return u.series.slice(1).map((s, i) => [s.label, u.data[i + 1]]).filter(([label]) => label)"))
            for one in RESULTS["feature_rates"]["optimizers"]:
                scale = one["median"][-1] if relative else 1
                for drawn, rate in zip(lines[one["optimizer"]], one["median"]):
                    self.assertAlmostEqual(10 ** drawn / (rate / scale), 1, places=9)
            self.assertEqual("1/√rows" in lines, relative)

    def test_a_band_comes_and_goes_with_its_line(self):
        self.open(PAGE)
        shown = lambda: self.browser.run(PLOT + f"""const n = {len(self.gains())} + 1;
            return [u.series.slice(1, n).map((s) => s.show), u.series.slice(n + 1).map((s) => s.show)]""")
        chips = self.browser.all(f"{PLACE} .chips button")
        names = [c.text for c in chips][:-2]
        self.assertEqual([self.gains()[name] for name in names], sorted(self.gains().values(), reverse=True))
        on = [name == names[0] or name in ["sgd", "momentum", "adagrad", "adam"] for name in names]
        for click in [None, names.index("adagrad"), names.index("qhm")]:
            if click is not None:
                chips[click].click()
                on[click] = not on[click]
            self.assertEqual([c.get_attribute("aria-pressed") == "true" for c in chips[:-2]], on)
            lines, bands = shown()
            self.assertEqual(lines, on)
            self.assertEqual(bands, [value for value in on for _ in range(2)])

    def test_the_cursor_and_the_table_tell_the_bins(self):
        self.open(PAGE)
        self.browser.run(f"document.querySelector('{PLACE} .canvas').focus()")
        self.browser.press("\ue011")  # Home
        first = RESULTS["feature_rates"]["occurrences"][0]
        text = self.browser.find(f"{PLACE} .readout").text
        self.assertIn(f"{first['low']}–{first['high']} rows ({first['features']} features)", text)
        rows = list(csv.DictReader(io.StringIO(self.browser.save(PLACE, "CSV").decode())))
        self.assertEqual([int(row["features"]) for row in rows], [b["features"] for b in RESULTS["feature_rates"]["occurrences"]])
        adagrad = next(o for o in RESULTS["feature_rates"]["optimizers"] if o["optimizer"] == "adagrad")
        for row, low, median, high in zip(rows, adagrad["low"], adagrad["median"], adagrad["high"]):
            for column, rate in [("adagrad 10 %", low), ("adagrad", median), ("adagrad 90 %", high)]:
                self.assertAlmostEqual(float(row[column]), rate / adagrad["median"][-1])
        self.assertTrue(self.browser.save(PLACE, "SVG").startswith(b"<svg"))

    def test_it_fits_narrow_and_dark_windows_and_other_languages(self):
        for language in ["zh-Hant", "zh-Hans"]:
            page = make_page(RESULTS, folder() / f"{language}.html", language)
            self.browser.size(360)
            self.browser.system_theme("dark")
            self.open(page)
            self.assertRegex(self.browser.find(f"{PLACE} .finding").text, r"sgd.*大致相同的[學学][習习]率")
            self.browser.picture(language)

    def test_dense_data_have_no_such_section(self):
        self.open(DENSE)
        self.assertEqual(self.browser.all(PLACE), [])

    def test_results_of_earlier_versions_have_none_either(self):
        old = {key: value for key, value in RESULTS.items() if key != "feature_rates"}
        self.open(make_page(old, folder() / "old.html"))
        self.assertEqual(self.browser.all(PLACE), [])


if __name__ == "__main__":
    main()
