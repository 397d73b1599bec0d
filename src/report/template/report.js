"use strict";
// The sections of the report, made from the results that stand in this page.

const results = JSON.parse(document.getElementById("results").textContent);
const accuracy = results.score.higher_is_better;
const metric = accuracy ? "accuracy" : "rmse";
const metricName = metric;
const byName = new Map(results.optimizers.map((one, i) => [one.optimizer, {...one, look: look(i), index: i}]));
const standings = results.ranking.map((place) => ({...place, ...byName.get(place.optimizer), place}));
const find = (selector) => document.querySelector(selector);
/** A score without its unit, with the decimals of the headline. */
function bare(v) {
  if (accuracy) return (100 * v).toFixed(results.data.test_rows < 2000 ? 1 : 2);
  const best = results.ranking[0].score_mean;
  return best >= 1e-4 && best < 1e6 ? v.toFixed(Math.max(0, 3 - Math.floor(Math.log10(best)))) : short(v);
}
const unit = accuracy ? " %" : "";
const count = (n, one, many = one + "s") => `${n} ${n === 1 ? one : many}`;
const seconds = (s) => (s < 0.00995 ? `${(1000 * s).toFixed(1)} ms` : s < 0.995 ? `${Math.round(1000 * s)} ms` : s >= 60 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${s.toPrecision(2)} s`);
const setting = (one) => one.spec.startsWith(one.optimizer + ":") ? one.spec.slice(one.optimizer.length + 1) : one.spec;

/** "97.3 % ± 0.4" */
function scoreText(place) {
  if (place.score_mean === null) return "diverged";
  const reach = place.score_low === null ? "" : ` ± ${bare(Math.max(place.score_mean - place.score_low, place.score_high - place.score_mean))}`;
  return bare(place.score_mean) + unit + reach;
}

const isTied = (place) => results.ranking.filter((other) => other.rank === place.rank).length > 1;

function head() {
  const {data, settings} = results;
  find("#facts").append(`${data.name}: ${data.train_rows} rows to learn from, ${data.validation_rows} to choose by, ${data.test_rows} to judge by. ` +
    `Model ${settings.model} (${settings.parameters} parameters), ${count(settings.epochs, "epoch")} in batches of ${settings.batch || data.train_rows}. ` +
    `${count(results.optimizers.length, "optimizer")}, ${count(settings.trials, "trial")} each, then ${count(settings.seeds.length, "seed")}; ${seconds(results.seconds)} in all.`);
  find("#notes").hidden = results.notes.length === 0;
  find("#notes").append(...results.notes.map((note) => element("li", {}, note)));
  for (const section of document.querySelectorAll("section"))
    find("nav").append(element("a", {href: "#" + section.id}, section.querySelector("h2").textContent));
}

/** Low and high of the interval plot: all of the better half, and of the rest what is not far off. */
function scoreAxis() {
  const scored = standings.map((s) => s.place).filter((p) => p.score_mean !== null);
  if (!scored.length) return null;
  const lows = scored.map((p) => p.score_low ?? p.score_mean), highs = scored.map((p) => p.score_high ?? p.score_mean);
  const best = scored[0].score_mean, middle = scored[Math.floor(scored.length / 2)].score_mean;
  const far = Math.max(4 * Math.abs(best - middle), 3 * (highs[0] - lows[0]), 1e-9 + Math.abs(best) * 0.002);
  let [low, high] = span([Math.max(Math.min(...lows), best - far), Math.min(Math.max(...highs), best + far)], 0.04);
  if (accuracy) high = Math.min(high, 1);
  return {low, high};
}

const onAxis = (v, {low, high}) => 100 * Math.min(1, Math.max(0, (v - low) / (high - low)));

/** The interval of the first, as a band behind all rows. */
function band(first, axis) {
  if (first.score_low === null) return null;
  const from = onAxis(first.score_low, axis) + "%", to = onAxis(first.score_high, axis) + "%";
  return `background: linear-gradient(to right, transparent ${from}, var(--tint) ${from} ${to}, transparent ${to})`;
}

function intervalCell(place, i, axis) {
  const {low, high} = axis, at = (v) => onAxis(v, axis);
  const svg = element("svg", {role: "img", "aria-label": place.score_low === null ? scoreText(place) : `95 % interval ${bare(place.score_low ?? place.score_mean)} to ${bare(place.score_high ?? place.score_mean)}${unit}`});
  const color = `stroke:${look(i).variable}`;
  if (place.score_low !== null) {
    svg.append(element("line", {class: "reach", x1: at(place.score_low) + "%", x2: at(place.score_high) + "%", y1: 11, y2: 11, style: color}));
    for (const end of [place.score_low, place.score_high].filter((v) => v > low && v < high))
      svg.append(element("line", {class: "reach", x1: at(end) + "%", x2: at(end) + "%", y1: 6, y2: 16, style: color}));
  }
  const inside = place.score_mean >= low && place.score_mean <= high;
  if (inside) svg.append(element("circle", {cx: at(place.score_mean) + "%", cy: 11, r: 5, style: `fill:${look(i).variable}`}));
  else svg.append(element("text", {x: at(place.score_mean) + "%", y: 16, dx: place.score_mean < low ? 10 : -10}, place.score_mean < low ? "◂" : "▸"));
  return svg;
}

/** The ticks of the interval plot. */
function intervalHead(axis) {
  const svg = element("svg", {"aria-hidden": "true"});
  for (const tick of roundTicks(axis.low, axis.high, 5)) {
    const x = onAxis(tick, axis);
    if (x > 4 && x < 96) svg.append(element("text", {x: x + "%", y: 15}, accuracy ? `${Number((100 * tick).toPrecision(6))} %` : short(tick)));
  }
  return svg;
}

function ranking() {
  find("#ranking .lead").append(`By mean ${accuracy ? "test accuracy" : "root mean squared error on the test part (less is better)"} over ${count(results.settings.seeds.length, "seed")}, with the 95 % interval of the mean. ` +
    "The rank is 1 plus the number of optimizers that are better beyond chance, so all with rank 1 may be the best; = marks ties. Intervals that overlap can still be told apart, because all optimizers had the same seeds.");
  const axis = scoreAxis();
  const header = element("tr", {}, element("th", {class: "place", scope: "col"}, "#"), element("th", {scope: "col"}, "optimizer"), element("th", {scope: "col"}, "tuned setting"),
    element("th", {scope: "col", class: "right"}, `test ${metricName}`), element("th", {class: "interval", scope: "col"}, axis ? intervalHead(axis) : "interval"),
    element("th", {class: "extra right", scope: "col"}, "behind the first"), element("th", {class: "extra right", scope: "col"}, "time of a run"));
  const rows = standings.map(({place, index, chosen_at_edge}, n) => element("tr", {class: n > 0 && place.rank === null && standings[n - 1].place.rank !== null ? "new-rank" : null},
    element("td", {class: "place"}, place.rank === null ? "–" : place.rank + (isTied(place) ? "=" : "")),
    element("td", {class: "name" + (place.rank === 1 ? " first" : "")}, sample(index), place.optimizer),
    element("td", {class: "spec"}, element("code", {}, setting(byName.get(place.optimizer))), chosen_at_edge ? element("span", {class: "mark"}, " edge") : null),
    element("td", {class: "number right"}, scoreText(place)),
    element("td", {class: "interval", style: place.score_mean === null ? null : band(standings[0].place, axis)}, place.score_mean === null ? divergedText(place) : intervalCell(place, index, axis)),
    element("td", {class: "extra number right"}, place.behind_first_mean === null ? "" : bare(place.behind_first_mean) + (place.behind_first_low === null ? "" : ` ± ${bare((place.behind_first_high - place.behind_first_low) / 2)}`)),
    element("td", {class: "extra number right"}, place.seconds ? seconds(place.seconds) : "")));
  find("#ranking table").append(element("caption", {hidden: ""}, "Ranking of the optimizers"), element("thead", {}, header), element("tbody", {}, ...rows));
}

function divergedText(place) {
  const one = byName.get(place.optimizer);
  if (one.chosen_trial === null) return "diverged in every trial";
  const run = one.runs.find((r) => r.diverged_step !== null);
  return `diverged in ${place.diverged_runs} of ${count(one.runs.length, "run")}` + (run ? `, at step ${run.diverged_step} with seed ${run.seed}` : "");
}

/** Mean, lowest and highest over the seeds of a curve, per epoch; null where a run has ended. */
function overSeeds(one, name, transform) {
  const curves = one.runs.map((run) => run.curve[name]);
  const length = Math.max(0, ...curves.map((c) => c.length));
  const mean = [], low = [], high = [], epoch = [];
  for (let e = 0; e < length; ++e) {
    const values = curves.map((c) => c[e]).filter((v) => v !== undefined && v !== null);
    const whole = values.length === curves.length;
    epoch.push(e + 1);
    mean.push(whole ? transform(values.reduce((a, b) => a + b, 0) / values.length) : null);
    low.push(whole ? transform(Math.min(...values)) : null);
    high.push(whole ? transform(Math.max(...values)) : null);
  }
  return {epoch, mean, low, high};
}

const quantities = [
  {name: "validation_loss", title: "validation loss", log: true},
  {name: "train_loss", title: "training loss", log: true},
  {name: "validation_" + metric, title: "validation " + metricName, log: false},
];
const transformOf = (quantity) => (quantity.log ? log10 : (v) => v);
const epochAxis = {low: results.settings.epochs > 1 ? 1 : 0, high: Math.max(results.settings.epochs, 2), whole: true, format: (v) => String(v)};
/** The span of curves; of logarithms, what has run away by four decades does not stretch it. */
function curveSpan(values, isLog) {
  const known = values.filter((v) => v !== null);
  const low = Math.min(...known);
  return span(isLog ? known.filter((v) => v < low + 4) : known);
}
/** One scale for the losses of all cards. */
const lossSpan = curveSpan(standings.flatMap((s) => ["train_loss", "validation_loss"].map((name) => overSeeds(s, name, log10)).flatMap((c) => [...c.low, ...c.high])), true);
const shownAtFirst = new Set(standings.slice(0, 6).map((s) => s.optimizer));
const shown = new Set(shownAtFirst);

/** Buttons of which one is pressed. */
function choice(title, names, choose) {
  const buttons = names.map((name, i) => element("button", {type: "button", "aria-pressed": String(i === 0), onclick: () => {
    buttons.forEach((b, j) => b.setAttribute("aria-pressed", String(i === j)));
    choose(i);
  }}, name));
  return element("fieldset", {}, element("legend", {}, title), ...buttons);
}

function curves() {
  const place = find("#curves .plot"), drawn = [];
  const names = standings.filter((s) => s.runs.length).map((s) => s.optimizer);
  let current = 0;
  quantities.forEach((quantity, q) => {
    const box = element("div", {hidden: q === current ? null : ""});
    const readout = element("div", {class: "readout", "aria-hidden": "true"});
    place.append(box);
    const lines = names.map((name) => {
      const one = byName.get(name), {epoch, mean} = overSeeds(one, quantity.name, transformOf(quantity));
      return {label: name, x: epoch, y: mean, look: one.look};
    });
    const [low, high] = curveSpan(lines.flatMap((line) => line.y), quantity.log);
    const shownValue = (v) => (v === null || v === undefined ? null : quantity.log ? 10 ** v : v);
    const text = `${quantity.title} by epoch. After the last epoch: ` + lines.map((line) => `${line.label} ${short(shownValue(line.y.at(-1)))}`).join(", ");
    const tell = (u) => {
      const {idx} = u.cursor;
      if (idx === null || idx === undefined) return readout.replaceChildren(hint(quantity));
      const values = lines.map((line, i) => ({name: line.label, v: shownValue(u.data[i + 1][idx])})).filter((o) => shown.has(o.name) && o.v !== null);
      values.sort((a, b) => (quantity.log || !accuracy ? a.v - b.v : b.v - a.v));
      readout.replaceChildren(element("b", {}, `epoch ${u.data[0][idx]}`), ...values.map((o) => element("span", {}, `${o.name} ${quantity.log || !accuracy ? short(o.v) : bare(o.v) + " %"}`)));
    };
    const format = !quantity.log && accuracy ? (v) => `${Number((100 * v).toPrecision(4))} %` : undefined;
    drawn.push({box, u: plot(box, {caption: `${quantity.title}${quantity.log ? " (logarithmic)" : ""} by epoch`, text, height: 380, lines, x: epochAxis, y: {log: quantity.log, low, high, format}, interactive: true, readout: tell})});
    readout.append(hint(quantity));
    box.append(readout);
  });
  const update = () => {
    drawn.forEach(({u}) => names.forEach((name, i) => { if (u.series[i + 1].show !== shown.has(name)) u.setSeries(i + 1, {show: shown.has(name)}); }));
    chips.forEach((chip, i) => chip.setAttribute("aria-pressed", String(shown.has(names[i]))));
  };
  const focus = (i) => drawn.forEach(({u}) => u.setSeries(i, {focus: true}));
  const chips = names.map((name, i) => element("button", {type: "button", "aria-pressed": "false",
    onclick: () => { if (!shown.delete(name)) shown.add(name); update(); },
    onmouseenter: () => shown.has(name) && focus(i + 1), onmouseleave: () => focus(null),
    onfocus: () => shown.has(name) && focus(i + 1), onblur: () => focus(null)}, sample(byName.get(name).index), name));
  const showOnly = (set) => () => { shown.clear(); for (const name of set) shown.add(name); update(); };
  find("#curves .controls").append(
    choice("Show", quantities.map((q) => q.title), (q) => { drawn[current].box.hidden = true; drawn[current = q].box.hidden = false; }),
    element("fieldset", {class: "chips"}, element("legend", {}, "Optimizers, best first"), ...chips,
      ...(names.length > shownAtFirst.size ? [element("button", {type: "button", onclick: showOnly(shownAtFirst)}, "first six"), element("button", {type: "button", onclick: showOnly(names)}, "all")] : [])));
  update();
  find("#curves .scroll").append(curveTable(names));
}

const hint = (quantity) => `Point at the plot to read the ${quantity.title} at an epoch; point at a name to make its line stand out.`;

function curveTable(names) {
  const every = Math.ceil(results.settings.epochs / 50);
  const epochs = Array.from({length: results.settings.epochs}, (_, e) => e).filter((e) => (e + 1) % every === 0 || e === 0);
  const rows = epochs.map((e) => element("tr", {}, element("th", {scope: "row"}, String(e + 1)),
    ...names.map((name) => {
      const one = byName.get(name), at = (field) => overSeeds(one, field, (v) => v).mean[e];
      return element("td", {class: "number"}, `${short(at("train_loss"))} / ${short(at("validation_loss"))}`);
    })));
  return element("table", {}, element("caption", {}, "Mean training / validation loss by epoch"),
    element("thead", {}, element("tr", {}, element("th", {scope: "col"}, "epoch"), ...names.map((name) => element("th", {scope: "col"}, name)))), element("tbody", {}, ...rows));
}

/** The trials of an optimizer as a line: ascending rates, and loss; diverged ones apart. */
function trialsOf(one) {
  const sorted = one.trials.filter((t) => t.lr > 0).sort((a, b) => a.lr - b.lr);
  const kept = sorted.filter((t) => t.validation_loss !== null);
  const chosen = one.chosen_trial === null ? null : one.trials[one.chosen_trial];
  return {
    x: kept.map((t) => log10(t.lr)), y: kept.map((t) => clipped(t.validation_loss)),
    chosen: chosen && chosen.lr > 0 ? [log10(chosen.lr), clipped(chosen.validation_loss)] : null,
    crosses: sorted.filter((t) => t.validation_loss === null).map((t) => ({at: log10(t.lr), look: one.look})),
    all: sorted,
  };
}

/** One scale for the losses of all trials: two decades from the best. What is worse stands at the top. */
const trialSpan = (() => {
  const all = standings.flatMap((s) => s.trials).map((t) => log10(t.validation_loss)).filter((v) => v !== null);
  if (!all.length) return [0, 1];
  const low = Math.min(...all), high = Math.min(Math.max(...all), low + 2);
  return [low - 0.05 * (high - low || 1), high + 0.12 * (high - low || 1)];
})();
const clipped = (loss) => { const v = log10(loss); return v === null ? null : Math.min(v, trialSpan[1]); };
const trialText = (one, {all}) => `Validation loss by learning rate of ${one.optimizer}: ` +
  all.map((t) => `${short(t.lr)}: ${t.validation_loss === null ? `diverged at step ${t.diverged_step}` : short(t.validation_loss)}`).join(", ");

function sensitivity() {
  const tuned = standings.filter((s) => s.trials.some((t) => t.lr > 0));
  const each = tuned.map((one) => ({one, ...trialsOf(one)}));
  const place = find("#sensitivity .plot");
  if (!each.length) return place.append("No trial had a learning rate.");
  const [low, high] = span(each.flatMap((e) => e.all.map((t) => log10(t.lr))), 0.02);
  const lines = each.map((e) => ({label: e.one.optimizer, x: e.x, y: e.y, look: e.one.look, marks: true, chosen: e.chosen}));
  const drawn = plot(place, {caption: "validation loss by learning rate (both logarithmic)", text: "Validation loss by learning rate of every optimizer; each has its own table below.", height: 400, lines,
    crosses: each.flatMap((e) => e.crosses), x: {log: true, low, high}, y: {log: true, low: trialSpan[0], high: trialSpan[1]}, interactive: true});
  const chips = each.map((e, i) => element("button", {type: "button", "aria-pressed": "true", onclick: (event) => {
    const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
    event.currentTarget.setAttribute("aria-pressed", String(on));
    drawn.setSeries(i + 1, {show: on});
  }, onmouseenter: () => drawn.setSeries(i + 1, {focus: true}), onmouseleave: () => drawn.setSeries(null, {focus: true}),
    onfocus: () => drawn.setSeries(i + 1, {focus: true}), onblur: () => drawn.setSeries(null, {focus: true})}, sample(e.one.index), e.one.optimizer));
  place.before(element("div", {class: "controls"}, element("fieldset", {class: "chips"}, element("legend", {}, "Optimizers"), ...chips)));
}

function trialTable(one, {all}) {
  const row = (t) => element("tr", {}, element("td", {class: "number"}, t.lr > 0 ? short(t.lr) : "–", t === one.trials[one.chosen_trial] ? " (chosen)" : ""),
    element("td", {class: "number"}, t.validation_loss === null ? `diverged at step ${t.diverged_step}` : short(t.validation_loss)),
    element("td", {class: "number"}, t.validation_loss === null ? t.diverged_by : `${bare(t["validation_" + metric])}${unit}`));
  return element("table", {}, element("thead", {}, element("tr", {}, ...["learning rate", "validation loss", `validation ${metricName}`].map((t) => element("th", {scope: "col"}, t)))),
    element("tbody", {}, ...(all.length ? all : one.trials).map(row)));
}

function runTable(one) {
  const row = (run) => element("tr", {}, element("td", {class: "number"}, String(run.seed)), ...(run.diverged_step === null
    ? [element("td", {class: "number"}, `${bare(run["test_" + metric])}${unit}`), element("td", {class: "number"}, short(run.test_loss))]
    : [element("td", {class: "mark"}, `diverged at step ${run.diverged_step}`), element("td", {}, run.diverged_by)]));
  return element("table", {}, element("thead", {}, element("tr", {}, ...["seed", `test ${metricName}`, "test loss"].map((t) => element("th", {scope: "col"}, t)))),
    element("tbody", {}, ...one.runs.map(row)));
}

function card(one) {
  const trials = trialsOf(one);
  const pair = element("div", {class: "pair"});
  const made = element("article", {class: "card"},
    element("h3", {}, sample(one.index), one.optimizer, element("span", {class: "number"}, scoreText(one.place))),
    element("p", {class: "spec"}, element("code", {}, one.spec), one.place.score_mean === null ? element("span", {class: "mark"}, " " + divergedText(one.place)) : null), pair,
    element("details", {}, element("summary", {}, `${count(one.trials.length, "trial")}, ${count(one.runs.length, "run")}`),
      element("div", {class: "scroll"}, trialTable(one, trials)), element("div", {class: "scroll"}, one.runs.length ? runTable(one) : "")));
  find("#each .cards").append(made);
  const small = {height: 150, y: {log: true, size: 46}};
  const left = element("div"), right = element("div");
  pair.append(left, right);
  const valid = overSeeds(one, "validation_loss", log10), train = overSeeds(one, "train_loss", log10);
  plot(left, {...small, caption: "loss by epoch", text: `Mean loss of ${one.optimizer} by epoch: validation ${short(valid.mean.length ? 10 ** valid.mean.at(-1) : null)}, training ${short(train.mean.length ? 10 ** train.mean.at(-1) : null)} at the end.`,
    lines: [{label: "validation", x: valid.epoch, y: valid.mean, look: one.look, dash: []}, {label: "training", x: train.epoch, y: train.mean, look: one.look, dash: [4, 4], width: 1.5}],
    band: {x: valid.epoch, low: valid.low, high: valid.high, look: one.look}, x: epochAxis, y: {...small.y, low: lossSpan[0], high: lossSpan[1]}});
  const rates = span(trials.all.map((t) => log10(t.lr)), 0.06);
  plot(right, {...small, caption: "loss by learning rate", text: trialText(one, trials), lines: [{label: one.optimizer, x: trials.x, y: trials.y, look: one.look, dash: [], marks: true, chosen: trials.chosen}],
    crosses: trials.crosses, x: {log: true, low: rates[0], high: rates[1]}, y: {...small.y, low: trialSpan[0], high: trialSpan[1]}});
}

function settings() {
  const {data, settings: s, environment: e} = results;
  find("#command").append(results.command);
  const facts = {
    "data": data.name + (data.label ? `, label ${data.label}` : "") + (data.test_file ? `, test set ${data.test_file}` : ""), "rows": `${data.train_rows} training, ${data.validation_rows} validation, ${data.test_rows} test`,
    "columns": `${data.columns}${data.classes ? `, ${data.classes} classes` : ""}`, "checksum": `${data.checksum} (CRC-32)`, "split": `seed ${data.split_seed}`, "model": `${s.model}, ${s.parameters} parameters`,
    "epochs, batch": `${s.epochs}, ${s.batch || "all rows"}`, "trials": `${s.trials} each, seed ${s.trial_seed}`, "judged runs": "seed " + s.seeds.join(", "), "made": e.created.replace("T", " ").replace("Z", " UTC"),
    "thalweg": `${e.version}, ${e.compiler}`, "machine": `${count(e.cores, "core")}, ${count(e.threads, "run")} at a time, ${e.isa}`, "time": `${seconds(results.seconds)} in all`,
  };
  find("#settings dl").append(...Object.entries(facts).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))));
  const spread = s.trials - Math.floor(s.trials / 4);
  const method = [
    `Every optimizer had its own range of learning rates, a factor of 100 to both sides of its default unless it was given, and the same ${count(s.trials, "trial")} on the same data, initial parameters and order of rows: ${spread} spread evenly over the logarithm of the range, the rest beside the best one, or beyond the range where the best one was at its edge. All other hyper-parameters are as the setting says, or at their defaults.`,
    `The trial with the best validation ${metricName}${accuracy ? ", and of equal ones the one with the lower loss," : ""} gave the rate. The test part was not looked at.`,
    `The chosen setting was then trained with ${count(s.seeds.length, "other seed")} (initial parameters and order of the rows) and judged on the test part after the last epoch. The interval is Student's t interval of the mean. It tells how much the result depends on the seed, on this split of these data; other data may rank otherwise.`,
    `Two optimizers are told apart by their differences seed by seed, since runs of the same seed start alike: if the mean difference is ${accuracy ? "at least one test row, and" : "over 0, and"} its t interval excludes 0. The confidence of that interval is 1 − 0.05 / (number of others), so that an optimizer that is as good as any loses its rank by chance in at most one comparison of twenty; "behind the first" shows this interval. An optimizer of which a run diverged has no score, since the mean of the other runs would flatter it.`,
  ];
  find("#method").append(...method.map((text) => element("p", {}, text)));
}

head();
ranking();
curves();
sensitivity();
standings.forEach(card);
settings();
