"""The report of a suite, of a comparison with an earlier one, and of keys beyond the learning rate."""
import csv
import io
import json

from browser import PageTest, folder, main, make_page, thalweg

OPTIMIZERS = ["--optimizer", "adam", "--optimizer", "sgd", "--optimizer", "nadam", "--optimizer", "dog"]


def setUpModule():
    global SUITE, PAGE
    out = folder() / "quick"
    thalweg("compare", "--suite", "quick", "--quiet", "--trials", 3, "--seeds", 3, *OPTIMIZERS, "--output", out)
    PAGE, SUITE = out / "report.html", json.loads((out / "results.json").read_text())


class Suite(PageTest):
    def test_it_ranks_over_all_workloads(self):
        self.open(PAGE)
        browser, overall = self.browser, SUITE["overall"]["ranking"]
        heading = browser.find("h1").text.replace("\u00a0", " ")
        self.assertEqual(heading, SUITE["headline"].replace("\u00a0", " "))
        self.assertEqual([e.text for e in browser.all("#ranking tbody .name")], [place["optimizer"] for place in overall])
        self.assertEqual([e.text for e in browser.all("#ranking tbody .score")], [f"{place['area']:.2f}" for place in overall])
        cells = [[c.text for c in row.find_elements("css selector", "td")] for row in browser.all("#workloads tbody tr")]
        self.assertEqual(cells, [["–" if p is None else f"{p:g}" for p in place["places"]] for place in overall])
        for width in [360, 1024, 1920]:
            browser.size(width)
            browser.wait(f"return document.documentElement.clientWidth === {width}")
            self.assertEqual(browser.overflow(), 0)
            browser.picture(f"suite-{width}")

    def test_the_profiles_are_steps(self):
        self.open(PAGE)
        rows = list(csv.DictReader(io.StringIO(self.browser.save("#profiles", "CSV").decode())))
        for profile in SUITE["profiles"]["steps"]:
            mine = [row for row in rows if row["optimizer"] == profile["optimizer"]]
            self.assertEqual([float(row["tau"]) for row in mine], profile["tau"])
            self.assertEqual([float(row["share"]) for row in mine], profile["share"])
        drawn = self.browser.run("""const u = [...living].map((one) => one.plot).find((u) => document.querySelector("#profiles").contains(u.root));
            return u.series.slice(1).map((s, i) => [s.label, u.data[0].map((x, j) => [x, u.data[i + 1][j]]).filter(([, y]) => y != null)])""")
        for name, points in drawn:
            for (x0, y0), (x1, y1) in zip(points, points[1:]):
                self.assertTrue(y0 == y1 or x1 - x0 < 1e-6, (name, x0, y0, x1, y1))

    def test_each_workload_can_be_seen(self):
        self.open(PAGE)
        buttons = self.browser.all("#workload > .controls button")
        self.assertEqual([b.text for b in buttons], [w["settings"]["workload"] for w in SUITE["workloads"]])
        for button, workload in zip(buttons, SUITE["workloads"]):
            self.browser.run("arguments[0].click()", button)
            self.assertEqual(self.browser.find(".finding").text.replace("\u00a0", " ").replace("−", "-"), workload["headline"].replace("\u00a0", " ").replace("−", "-"))
            self.browser.run("return new Promise((done) => setTimeout(done, 30))")
            self.assertEqual(self.browser.blank_canvases()[0], 0)

    def test_it_speaks_chinese(self):
        page = make_page(SUITE, folder() / "chinese.html", "zh-Hant")
        self.open(page)
        self.assertIn(f"在 {len(SUITE['workloads'])} 項工作負載上", self.browser.find("h1").text)
        self.browser.picture("chinese")


class Against(PageTest):
    def test_what_changed_and_other_keys(self):
        old, new = folder() / "old", folder() / "new"
        common = ["compare", "--quiet", "--data", "iris", "--model", "softmax", "--trials", 4, "--seeds", 4, "--epochs", 8, *OPTIMIZERS]
        thalweg(*common, "--output", old)
        thalweg(*common, "--tune", "lr,beta1", "--tuner", "halving", "--against", old / "results.json", "--output", new)
        results = json.loads((new / "results.json").read_text())
        self.open(new / "report.html")
        browser = self.browser
        self.assertEqual([e.text for e in browser.all("#against tbody th")], [o["optimizer"] for o in results["against"]["optimizers"]])
        verdicts = {"better": "better", "worse": "worse", "same": "no difference beyond chance", "unknown": "cannot be told"}
        self.assertEqual([e.text for e in browser.all("#against .verdict")], [verdicts[o["verdict"]] for o in results["against"]["optimizers"]])
        rows = list(csv.DictReader(io.StringIO(browser.save("#sensitivity .plot", "CSV").decode())))
        self.assertIn("beta1", rows[0])
        self.assertEqual({row["beta1"] != "" for row in rows if row["optimizer"] == "adam"}, {True})
        self.assertIn("beta1", browser.find(".notes").text)
        browser.picture("against")


if __name__ == "__main__":
    main()
