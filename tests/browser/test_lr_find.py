"""The page of `thalweg lr-find`."""
import csv
import io

from browser import Keys, PageTest, folder, main, thalweg


def setUpModule():
    global FOUND, NONE
    FOUND, NONE = folder() / "found.html", folder() / "none.html"
    training = ["--data", "iris", "--model", "softmax", "--optimizer", "sgd", "--epochs", 10, "--quiet", "--lang", "en"]
    thalweg("lr-find", *training, "--html", FOUND)
    try:
        thalweg("lr-find", *training, "--low", 1e-9, "--high", 1e-8, "--repeats", 1, "--html", NONE)
    except AssertionError as failure:  # nothing found is exit code 1, with the page written
        assert "ended with 1" in str(failure), failure


class LrFindPage(PageTest):
    def test_it_says_what_to_try_and_shows_why(self):
        self.open(FOUND, plots=1)
        found = self.browser.run("return data.suggestion")
        self.assertEqual(self.browser.find("h1").text, f"Try sgd:lr={found:g}.")
        self.assertIn("85 % of its fall", self.browser.find("#finding").text)
        self.assertIn(f"thalweg train --optimizer sgd:lr={found:g} --data iris", self.browser.find("#settings").text)
        self.browser.find("#test .canvas").send_keys(Keys.END)
        self.assertIn("learning rate", self.browser.find("#test .readout").text)

    def test_it_fits_every_screen_in_every_colour_and_language(self):
        for width, theme in [(360, "light"), (360, "dark"), (1024, "dark"), (1920, "light")]:
            self.browser.size(width)
            self.browser.system_theme(theme)
            self.open(FOUND, plots=1)
            self.assertEqual(self.browser.overflow(), 0)
            self.browser.picture(f"found-{width}-{theme}")
        for language, begins in [("zh-Hant", "試試"), ("zh-Hans", "试试")]:
            self.browser.run("const s = document.querySelector('.switches select'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))", language)
            self.assertTrue(self.browser.find("h1").text.startswith(begins))
            self.assertEqual(self.browser.overflow(), 0)

    def test_the_curves_are_saved(self):
        self.open(FOUND, plots=1)
        rows = list(csv.reader(io.StringIO(self.browser.save("#test figure", "CSV").decode())))
        self.assertIn("mean", rows[0] + [row[0] for row in rows])
        self.assertGreater(len(rows), len(self.browser.run("return data.mean.rates")))
        self.assertIn(b"<path", self.browser.save("#test figure", "SVG"))

    def test_it_says_so_where_nothing_fell(self):
        self.open(NONE, plots=1)
        self.assertIn("No learning rate between 10⁻⁹ and 10⁻⁸", self.browser.find("h1").text)
        self.assertEqual(len(self.browser.all("#settings pre")), 1)


if __name__ == "__main__":
    main()
