"""Reports of data that break plots: tiny and huge losses, what is no number, one point, 60 optimizers, 200,000 points, hostile names."""
import copy
import json
import random

from browser import PageTest, folder, main, make_page, thalweg


def setUpModule():
    global REAL
    out = folder() / "iris"
    thalweg("compare", "--quiet", "--data", "iris", "--model", "softmax", "--trials", 4, "--seeds", 3, "--epochs", 5, "--output", out,
            "--optimizer", "adam", "--optimizer", "sgd", "--optimizer", "momentum")
    REAL = json.loads((out / "results.json").read_text())


def results(change):
    """The real results with something changed."""
    made = copy.deepcopy(REAL)
    change(made)
    return made


def each_run(made):
    return [run for one in made["optimizers"] for run in one["runs"]]


def scaled(losses):
    """Losses of curves and trials, one scale for each optimizer."""
    def change(made):
        for one, loss in zip(made["optimizers"], losses):
            for run in one["runs"]:
                for name in ["train_loss", "validation_loss"]:
                    run["curve"][name] = [loss / (1 + e) for e in range(len(run["curve"]["epoch"]))]
            for i, trial in enumerate(one["trials"]):
                trial["validation_loss"] = loss * (1 + i)
    return change


def nothing_is_a_number(made):
    for one in made["optimizers"]:
        one["chosen_trial"] = None
        one["to_target"] = one["sensitivity"] = None
        for trial in one["trials"]:
            trial.update(validation_loss=None, validation_accuracy=None, diverged_step=3, diverged_by="loss is not finite")
        one["runs"] = []
    for place in made["ranking"]:
        place.update(rank=None, score_mean=None, score_low=None, score_high=None, behind_first_mean=None, behind_first_low=None, behind_first_high=None, tied_with=[], bootstrap=None, sensitivity=None, steps_to_target=None)
    made["target"] = made["bootstrap"] = None


def some_diverge(made):
    name = made["ranking"][-1]["optimizer"]
    one = next(o for o in made["optimizers"] if o["optimizer"] == name)
    run = one["runs"][0]
    run.update(test_loss=None, test_accuracy=None, validation_loss=None, validation_accuracy=None, diverged_step=8, diverged_by="loss is not finite")
    run["curve"] = {name: values[:2] for name, values in run["curve"].items()}
    run["curve"]["train_loss"][1] = 1e300
    made["ranking"][-1].update(rank=None, score_mean=None, score_low=None, score_high=None, behind_first_mean=None, diverged_runs=1)


def one_point(made):
    made["optimizers"], made["ranking"] = made["optimizers"][:1], [p for p in made["ranking"] if p["optimizer"] == made["optimizers"][0]["optimizer"]]
    made["settings"].update(seeds=[1], epochs=1, trials=1)
    one, place = made["optimizers"][0], made["ranking"][0]
    one["trials"], one["runs"], one["chosen_trial"] = one["trials"][:1], one["runs"][:1], 0
    one["rates_off_best"] = []
    one["runs"][0]["curve"] = {name: values[:1] for name, values in one["runs"][0]["curve"].items()}
    place.update(rank=1, score_low=None, score_high=None, tied_with=[], behind_first_mean=None)


def many(count, epochs=None, names=None):
    def change(made):
        template, place = made["optimizers"][0], made["ranking"][0]
        made["optimizers"], made["ranking"] = [], []
        chance = random.Random(1)
        for i in range(count):
            one = copy.deepcopy(template)
            one["optimizer"] = names[i] if names else f"optimizer_{i:02}"
            for run in one["runs"]:
                n = epochs or len(run["curve"]["epoch"])
                loss = [(1 + i / count) / (1 + 0.01 * e) * (1 + 0.2 * chance.random()) for e in range(n)]
                run["curve"] = {"epoch": list(range(1, n + 1)), "train_loss": loss, "validation_loss": loss, "validation_accuracy": [1 / (1 + v) for v in loss], "seconds": [0.001 * e for e in range(n)]}
            for trial in one["trials"]:
                if trial["validation_loss"]:
                    trial["validation_loss"] *= 1 + i / count
            made["optimizers"].append(one)
            score = 0.95 - 0.3 * i / count
            made["ranking"].append({**copy.deepcopy(place), "optimizer": one["optimizer"], "rank": i + 1, "score_mean": score, "score_low": score - 0.01, "score_high": score + 0.01, "tied_with": [],
                                    "behind_first_mean": None if i == 0 else 0.3 * i / count, "behind_first_low": None, "behind_first_high": None})
        if epochs:
            made["settings"]["epochs"] = epochs
    return change


class Extremes(PageTest):
    def show(self, name, change, plots=None, language="en"):
        path = make_page(results(change), folder() / f"{name}.html", language)
        self.open(path, plots)
        self.browser.picture(name)
        self.browser.size(360)
        self.assertEqual(self.browser.wait("return document.documentElement.clientWidth === 360"), True)
        self.assertEqual(self.browser.overflow(), 0)
        self.browser.size(1200)
        return path

    def ticks(self, place):
        """The texts of the y axis of the plot in a place."""
        return self.browser.run("""const u = [...living].map((one) => one.plot).find((u) => u && document.querySelector(arguments[0]).contains(u.root)); return u.axes[1]._values""", place)

    def test_losses_of_1e_28_and_1e300(self):
        self.show("tiny-and-huge", scaled([1e-28, 1e300, 0.1]), plots=9)
        self.assertIn("10⁻²⁸", self.browser.find("#curves .readout").text + " ".join(self.ticks("#sensitivity")))
        # What is four decades above the best does not squash it: the best has the plot for itself.
        for axis in [self.ticks("#curves"), self.ticks("#sensitivity")]:
            self.assertTrue(all("10⁻²" in text for text in axis), axis)
        self.show("all-tiny", scaled([1e-28, 2e-28, 3e-28]), plots=9)
        self.assertTrue(all("10⁻²" in text for text in self.ticks("#curves")), self.ticks("#curves"))
        self.show("all-huge", scaled([1e300, 2e300, 1.5e308 / 5]), plots=9)
        self.assertTrue(all("10³⁰" in text or "10²⁹" in text for text in self.ticks("#curves")), self.ticks("#curves"))
        self.show("zero", scaled([0, 0, 0.1]), plots=9)

    def test_what_is_no_number(self):
        self.show("all-diverged", nothing_is_a_number)
        self.assertIn("No optimizer has a score", self.browser.find("h1").text)
        self.assertEqual(self.browser.all(".findings"), [])
        self.show("some-diverge", some_diverge)
        rows = self.browser.all("#ranking tbody tr")
        self.assertIn("diverged in 1 of 3 runs, at step 8", rows[-1].text)
        crosses = self.browser.save("#curves .plot > div:not([hidden])", "SVG").decode().count("m0 -8l-8 8")
        self.assertEqual(crosses, 1)
        self.assertTrue(all("10²" not in text for text in self.ticks("#curves")))

    def test_one_point(self):
        self.show("one-point", one_point)
        self.assertIn("only one with a score", self.browser.find("h1").text)

    def test_sixty_optimizers(self):
        self.show("sixty", many(60))
        self.assertEqual(len(self.browser.all("#ranking tbody tr")), 60)
        self.browser.run("[...document.querySelectorAll('#curves .chips button')].find((b) => b.textContent === 'all').click()")
        svg = self.browser.save("#curves .plot > div:not([hidden])", "SVG").decode()
        self.assertEqual(svg.count("stroke-width=\"2\""), 60)

    def test_two_hundred_thousand_points(self):
        path = self.show("points", many(20, 3334))
        self.assertIn("points", self.browser.find(".notes").text)
        self.assertLess(path.stat().st_size, 3_000_000)
        self.browser.run("document.querySelector('#curves .canvas').focus()")
        self.browser.press("+", "+")

    def test_hostile_names(self):
        names = ["<script>document.title='broken'</script>", "\"'><img src=x onerror=document.title='broken'>", "a" * 80, "{{data}}", "constructor", "優化器"]
        path = self.show("names", many(6, names=names))
        self.assertNotIn("broken", self.browser.run("return document.title"))
        self.assertEqual([e.get_attribute("textContent") for e in self.browser.all("#ranking tbody .name")], names)
        self.browser.save("#curves .plot > div:not([hidden])", "PNG")
        self.assertIn(names[0].replace('"', '""'), self.browser.save("#ranking", "CSV").decode())
        del path


if __name__ == "__main__":
    main()
