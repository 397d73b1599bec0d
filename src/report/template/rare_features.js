"use strict";
// The learning rate that the features of sparse data effectively got, by how often they occur.

const sameGain = 1.1; // as feature_rates.h has it
const classicRules = ["sgd", "momentum", "adagrad", "adam"];
/** "31", "2.4" */
const gainText = (v) => (v >= 10 ? v.toFixed(0) : String(Number(v.toPrecision(2))));
/** "7" or "4–7": in how many rows the features of a bin occur. */
const rowsText = ({low, high}) => (low === high ? String(low) : `${low}–${high}`);

/** Who raises the rate of rare features most, who lowers it, and who gives all the same, as the command line says it. */
function rareFinding({rows, occurrences, optimizers}) {
  const known = optimizers.filter((one) => one.gain !== null), most = Math.max(...known.map((one) => one.gain));
  if (!known.length) return "";
  const least = known.reduce((a, b) => (b.gain < a.gain ? b : a));
  const first = known.find((one) => one.gain >= 0.99 * most), same = known.filter((one) => one.gain < sameGain && one.gain > 1 / sameGain).map((one) => one.optimizer);
  return sentences(most < sameGain ? t("report.rare.none") : t("report.rare.finding", {best: first.optimizer, few: rowsText(occurrences[0]), rows, gain: gainText(most)}), least.gain <= 1 / sameGain && t("report.rare.least", {name: least.optimizer, gain: gainText(least.gain)}),
    same.length && t("report.rare.same", {n: same.length, names: named(same)}));
}

function rareFeaturesSection(main, w, id = "rare-features") {
  const rates = w.results.feature_rates;
  if (!rates) return;
  const bins = rates.occurrences, last = bins.length - 1, x = bins.map((bin) => bin.median);
  const each = rates.optimizers.map((one) => ({...one, look: w.byName.get(one.optimizer).look})).sort((a, b) => (b.gain ?? 0) - (a.gain ?? 0));
  const controls = element("div", {class: "controls"}), place = element("div", {class: "plot"});
  section(main, id, t("report.rare"), null, element("p", {class: "finding"}, rareFinding(rates)), element("p", {class: "lead"}, t("report.rare.lead", {n: rates.steps})), controls, place, element("p", {class: "facts"}, t("report.rare.why")));
  // At first the rules that the effect is explained with, and who has most of it.
  const on = each.map((one, i) => i === 0 || each.length <= 6 || classicRules.includes(w.byName.get(one.optimizer).rule));
  const xAxis = () => { const [low, high] = span(x, {log: true, air: 0.03}); return {title: t("report.rare.rows", {rows: rates.rows}), log: true, low, high, format: (v) => { const bin = bins[nearestIndex(x, v)]; return t("report.rare.bin", {occurs: rowsText(bin), n: bin.features}); }}; };

  function make(relative) {
    const box = element("div"), scaled = (one, values) => values.map((v) => (!relative || v === null ? v : one.median[last] > 0 ? v / one.median[last] : null));
    place.append(box);
    const lines = each.map((one, i) => ({label: one.optimizer, x, y: scaled(one, one.median), look: one.look, marks: true, hidden: !on[i]}));
    const root = {label: t("report.rare.root"), x, y: x.map((v) => Math.sqrt(x[last] / v)), look: {color: () => css("--soft"), variable: "var(--soft)", dash: [2, 4]}, width: 1.5};
    const title = relative ? t("report.rare.relative") : t("report.rare.rate");
    const table = () => {
      const seen = each.filter((_, i) => on[i]), columns = ["low", "median", "high"];
      return {columns: [t("report.rare.occurrences"), t("report.rare.features"), ...seen.flatMap((one) => [`${one.optimizer} 10 %`, one.optimizer, `${one.optimizer} 90 %`])],
        rows: bins.map((bin, j) => [rowsText(bin), bin.features, ...seen.flatMap((one) => columns.map((side) => scaled(one, one[side])[j]))])};
    };
    const drawn = plot(box, {name: `${id}-${relative ? "relative" : "rate"}`, caption: title + t("report.logarithmic"), text: t("report.rare.text") + " " + each.map((one) => `${one.optimizer} ${one.gain === null ? "–" : gainText(one.gain)}`).join(t("report.comma")), height: 400, best: "high",
      lines: relative ? [...lines, root] : lines, bands: each.map((one, i) => ({x, low: scaled(one, one.low), high: scaled(one, one.high), look: one.look, line: i, alpha: 0.12})),
      x: xAxis(), y: {title, log: true, fit: (values) => span(values, {log: true, air: 0.12}), format: relative ? (v) => `${short(v)}×` : undefined, tick: relative ? (v) => `${short(10 ** v)}×` : undefined}, table});
    return {box, plot: drawn};
  }
  const drawn = [true, false].map(make);
  const set = (i, value) => { on[i] = value; for (const one of drawn) one.plot.show(i, value); buttons.update(); };
  const buttons = lineButtons(t("report.optimizers"), each.map((e) => e.optimizer), each.map((e) => e.look), () => drawn.map((d) => d.plot), (i) => on[i], (i) => set(i, !on[i]));
  buttons.element.append(...[[t("report.all"), true], [t("report.none"), false]].map(([text, value]) => element("button", {type: "button", onclick: () => on.forEach((_, i) => set(i, value))}, text)));
  controls.append(choice(t("report.show"), [t("report.rare.relative.short"), t("report.rare.rate")], (k) => drawn.forEach(({box}, i) => { box.hidden = i !== k; })), buttons.element);
  drawn[1].box.hidden = true;
}
