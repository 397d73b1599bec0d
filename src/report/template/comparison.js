"use strict";
// The sections of a comparison on one workload. Each takes `w`, what wordsOf() made of its results, and where to put itself.

/** The ranking: table, intervals on a common axis, and the numbers to take away. */
function rankingSection(main, w, id = "ranking") {
  const {results, standings, scored} = w, places = scored.map((s) => s.place);
  const lows = places.map((p) => p.score_low ?? p.score_mean), highs = places.map((p) => p.score_high ?? p.score_mean);
  let axis = null;
  if (places.length) {
    // All of the better half, and of the rest what is not far off.
    const best = places[0].score_mean, middle = places[Math.floor(places.length / 2)].score_mean;
    const far = w.gap || middle === best ? Infinity : Math.max(4 * Math.abs(best - middle), 3 * Math.abs(highs[0] - lows[0]), 1e-9 + Math.abs(best) * 0.002);
    let [low, high] = span([Math.max(Math.min(...lows), best - far), Math.min(Math.max(...highs), best + far)], {air: 0.04});
    if (w.accuracy) high = Math.min(high, 1);
    axis = {low, high, tick: (v) => w.withUnit(w.accuracy ? String(Number((100 * v).toPrecision(4))) : short(v, 4))};
  }
  const estimate = ({place, look}) => ({label: place.optimizer, look, mid: place.score_mean, low: place.score_low, high: place.score_high, text: place.score_low === null ? w.score(place) : t("report.interval.text", {low: w.bare(place.score_low), high: w.withUnit(w.bare(place.score_high))})});
  const isTied = (place) => results.ranking.filter((other) => other.rank === place.rank).length > 1;
  const has = (test) => standings.some(test);
  const columns = [
    {title: t("report.column.rank"), short: "#", class: "place", cell: ({place}) => (place.rank === null ? "–" : place.rank + (isTied(place) ? "=" : "")), value: ({place}) => place.rank},
    {title: t("report.column.optimizer"), class: "name", head: true, cell: (s) => [sample(s.look), s.optimizer], value: (s) => s.optimizer},
    {title: t("report.column.setting"), class: "spec", cell: (s) => [element("code", {}, w.setting(s)), s.chosen_at_edge ? element("span", {class: "mark"}, " " + t("report.edge")) : null], value: (s) => s.spec},
    {title: w.metricColumn, class: "score number right", cell: (s) => w.score(s.place), value: ({place}) => place.score_mean, csv: "score_mean"},
    {title: t("report.column.interval"), class: "interval", axis: true, cell: (s) => (s.place.score_mean === null ? w.divergedText(s) : intervalCell(estimate(s), axis, estimate(standings[0]))), value: ({place}) => place.score_low, csv: "score_low"},
    {title: t("report.column.behind"), class: "extra number right", cell: ({place}) => (place.behind_first_mean === null ? "" : w.difference(place.behind_first_mean, place.behind_first_low, place.behind_first_high)), value: ({place}) => place.behind_first_mean},
    has((s) => s.place.bootstrap) && {title: t("report.column.first"), class: "extra number right", cell: ({place}) => (place.bootstrap ? t("report.percent", {v: Math.round(100 * place.bootstrap.first)}) : ""), value: ({place}) => place.bootstrap?.first},
  ].filter(Boolean);
  const svg = axis ? () => intervalsSvg({caption: `${t("report.ranking")}: ${w.metricName}`, axis, rows: standings.map((s) => ({...estimate(s), text: w.score(s.place)}))}) : null;
  section(main, id, t("report.ranking"), t("report.ranking.lead", {metric: t(`report.metric.${w.metric}.better`), seeds: t("report.seeds", {n: results.settings.seeds.length})}),
    estimatesTable({name: id, title: t("report.ranking"), columns, rows: standings, axis, svg, more: [["score_high", (s) => s.place.score_high]],
      rowClass: (s, n) => (n > 0 && s.place.rank === null && standings[n - 1].place.rank !== null ? "new-rank" : null)}));
}

/** How soon each optimizer reaches the target, and what a wrong learning rate costs it. */
function speedSection(main, w, id = "speed") {
  const {results} = w, reached = w.standings.filter((s) => Number.isFinite(s.to_target?.steps_median)), known = w.standings.some((s) => Number.isFinite(s.sensitivity));
  if (!results.target && !known) return;
  const ends = reached.flatMap((s) => [s.to_target.steps_low, s.to_target.steps_median, s.to_target.steps_high]).filter(Number.isFinite);
  const [low, high] = span(ends, {log: true, air: 0.06}), axis = ends.length ? {low, high, log: true, tick: (v) => short(v)} : null;
  const steps = (v) => (Number.isFinite(v) ? short(v, 4) : "∞");
  const estimate = (s) => ({label: s.optimizer, look: s.look, mid: s.to_target?.steps_median ?? null, low: s.to_target?.steps_low ?? null, high: s.to_target?.steps_high ?? (Number.isFinite(s.to_target?.steps_low) ? high : null),
    text: Number.isFinite(s.to_target?.steps_median) ? t("report.speed.text", {median: steps(s.to_target.steps_median), low: steps(s.to_target.steps_low), high: steps(s.to_target.steps_high)}) : t("report.not_reached")});
  const order = [...w.standings].sort((a, b) => (a.to_target?.steps_median ?? Infinity) - (b.to_target?.steps_median ?? Infinity) || 0);
  const worst = Math.max(...w.standings.map((s) => s.sensitivity).filter(Number.isFinite), 1e-300);
  const columns = [
    {title: t("report.column.optimizer"), class: "name", head: true, cell: (s) => [sample(s.look), s.optimizer], value: (s) => s.optimizer},
    results.target && {title: t("report.column.steps"), class: "score number right", cell: (s) => (Number.isFinite(s.to_target?.steps_median) ? steps(s.to_target.steps_median) : t("report.not_reached")), value: (s) => s.to_target?.steps_median, csv: "steps_median"},
    axis && {title: t("report.column.quartiles"), class: "interval", axis: true, cell: (s) => intervalCell(estimate(s), axis), value: (s) => s.to_target?.steps_low, csv: "steps_low"},
    results.target && {title: t("report.column.runs_reached"), class: "extra number right", cell: (s) => (s.to_target ? t("report.of", {k: s.to_target.reached, n: s.to_target.runs}) : "–"), value: (s) => s.to_target?.reached},
    results.target && {title: t("report.column.time_to_target"), class: "extra number right", cell: (s) => (Number.isFinite(s.to_target?.seconds?.median) ? duration(s.to_target.seconds.median) : "–"), value: (s) => s.to_target?.seconds?.median, csv: "seconds_to_target"},
    known && {title: t("report.column.sensitivity"), class: "extra number right", cell: (s) => (Number.isFinite(s.sensitivity) ? element("span", {class: "bar", style: `--share:${Math.round(100 * s.sensitivity / worst)}%`}, w.difference(s.sensitivity)) : "–"), value: (s) => s.sensitivity},
    {title: t("report.column.time"), class: "extra number right", cell: ({place}) => (place.seconds ? duration(place.seconds) : ""), value: ({place}) => place.seconds},
  ].filter(Boolean);
  section(main, id, t("report.speed"), sentences(results.target ? t(`report.speed.target.${results.target.origin === "given" ? "given" : "derived"}`, {target: w.targetText(), from: results.target.from ?? "–"}) : t("report.speed.none"), known && t("report.speed.sensitivity")),
    estimatesTable({name: id, title: t("report.speed"), columns, rows: order, axis, svg: axis ? () => intervalsSvg({caption: t("report.column.steps"), axis, rows: order.map(estimate)}) : null, more: results.target ? [["steps_high", (s) => s.to_target?.steps_high]] : []}));
}

/** Mean, lowest and highest over the seeds of a curve, per epoch; null where a run has ended. A large page has them already (page_data.h). */
function overSeeds(one, name) {
  if (one.curves) return {epoch: one.curves.epoch, ...(one.curves[name] ?? {mean: [], low: [], high: []})};
  const curves = one.runs.map((run) => run.curve?.[name] ?? []), longest = one.runs.reduce((a, b) => ((b.curve?.epoch.length ?? 0) > (a?.curve?.epoch.length ?? 0) ? b : a), null);
  const epoch = longest?.curve?.epoch ?? [], mean = [], low = [], high = [];
  for (let e = 0; e < epoch.length; ++e) {
    const values = curves.map((c) => c[e]).filter((v) => v !== undefined && v !== null);
    const whole = values.length === curves.length && values.length > 0;
    // Divided first: a sum of large losses may overflow.
    mean.push(whole ? values.reduce((a, b) => a + b / values.length, 0) : null);
    low.push(whole ? Math.min(...values) : null);
    high.push(whole ? Math.max(...values) : null);
  }
  return {epoch, mean, low, high};
}

/** Where runs of an optimizer ended early, as marks of a plot by epoch. */
function endings(one, results) {
  const perEpoch = results.settings.steps_per_epoch ?? Math.max(1, Math.ceil(results.data.train_rows / (results.settings.batch || results.data.train_rows)));
  return one.runs.filter((run) => run.diverged_step !== null).map((run) => ({at: Math.max(1, run.diverged_step / perEpoch), look: one.look}));
}

/** The quantities that have curves; `told` is a value in words. */
function quantitiesOf(w) {
  const percent = (v) => w.withUnit(String(Number((100 * v).toPrecision(4))));
  return [
    {name: "validation_loss", title: t("report.validation_loss"), log: true, best: "low"},
    {name: "train_loss", title: t("report.train_loss"), log: true, best: "low"},
    {name: "validation_" + w.metric, title: t(`report.metric.validation_${w.metric}`), log: false, best: w.accuracy ? "high" : "low", format: w.accuracy ? percent : undefined, tick: w.accuracy ? percent : undefined},
  ].filter(({name}) => w.standings.some((s) => overSeeds(s, name).mean.some((v) => v !== null)));
}

/** The axis of losses: what has run away by four decades above the lowest does not stretch it. */
const lossAxis = (values, title) => { const [low, high] = span(values, {log: true, decades: 4}); return {title, log: true, low, high}; };

const epochAxis = (results) => ({title: t("report.epoch"), low: results.settings.epochs > 1 ? 1 : 0, high: Math.max(results.settings.epochs, 2), whole: true, format: String});

function curvesSection(main, w, id = "curves") {
  const {results} = w, ran = w.standings.filter((s) => overSeeds(s, "epoch").epoch.length), quantities = quantitiesOf(w);
  if (!ran.length || !quantities.length) return;
  const at = section(main, id, t("report.curves"), t("report.curves.lead", {seeds: t("report.seeds", {n: results.settings.seeds.length})}));
  const controls = element("div", {class: "controls"}), place = element("div", {class: "plot"});
  at.append(controls, place);
  const names = ran.map((s) => s.optimizer), few = new Set(names.slice(0, 6)), shown = new Set(few);
  const timed = ran.every((s) => overSeeds(s, "seconds").mean.some((v) => v !== null));
  const drawn = new Map();
  let quantity = 0, byTime = false;
  function make() {
    const q = quantities[quantity], box = element("div"), key = q.name + byTime;
    place.append(box);
    const lines = ran.map((one) => {
      const {epoch, mean} = overSeeds(one, q.name);
      return {label: one.optimizer, x: byTime ? overSeeds(one, "seconds").mean : epoch, y: mean, look: one.look, hidden: !shown.has(one.optimizer)};
    }).map((line) => ({...line, x: line.x.filter((v) => v !== null), y: line.y.filter((_, i) => line.x[i] !== null)}));
    const y = {title: q.title, log: q.log, format: q.format, tick: q.tick, fit: (values) => span(values, q.log ? {log: true, decades: 4} : {})};
    const last = (line) => line.y.findLast((v) => v !== null);
    const text = t("report.curves.text", {quantity: q.title}) + " " + lines.map((line) => `${line.label} ${told(y, last(line))}`).join(t("report.comma"));
    const x = byTime ? {title: t("report.training_time"), format: duration, tick: (v) => short(v)} : epochAxis(results);
    drawn.set(key, {box, plot: plot(box, {name: `${id}-${q.name}${byTime ? "-by-time" : ""}`, caption: q.title + (q.log ? t("report.logarithmic") : ""), text, lines, x, y, best: q.best,
      crosses: byTime ? [] : ran.flatMap((one, i) => endings(one, results).map((cross) => ({...cross, line: i})))})});
  }
  function update() {
    const key = quantities[quantity].name + byTime;
    if (!drawn.has(key)) make();
    drawn.forEach(({box, plot: p}, k) => { box.hidden = k !== key; if (k === key) names.forEach((name, i) => p.show(i, shown.has(name))); });
    buttons.update();
  }
  const only = (set) => () => { shown.clear(); for (const name of set) shown.add(name); update(); };
  const buttons = lineButtons(t("report.optimizers"), names, ran.map((s) => s.look), () => [...drawn.values()].map((d) => d.plot), (i) => shown.has(names[i]), (i) => { if (!shown.delete(names[i])) shown.add(names[i]); update(); });
  if (names.length > few.size) buttons.element.append(element("button", {type: "button", onclick: only(few)}, t("report.first_six")), element("button", {type: "button", onclick: only(names)}, t("report.all")));
  controls.append(choice(t("report.show"), quantities.map((q) => q.title), (i) => { quantity = i; update(); }),
    timed ? choice(t("report.by"), [t("report.epoch"), t("report.training_time")], (i) => { byTime = i === 1; update(); }) : "", buttons.element);
  update();
}

/** The trials of an optimizer by learning rate, ascending; diverged ones apart. */
function trialsOf(one) {
  const sorted = one.trials.filter((trial) => trial.lr > 0).sort((a, b) => a.lr - b.lr), kept = sorted.filter((trial) => trial.validation_loss !== null);
  const chosen = one.chosen_trial === null ? null : one.trials[one.chosen_trial];
  return {
    x: kept.map((trial) => trial.lr), y: kept.map((trial) => trial.validation_loss), chosen: kept.indexOf(chosen), notes: {[kept.indexOf(chosen)]: t("report.chosen")}, sorted,
    crosses: sorted.filter((trial) => trial.validation_loss === null).map((trial) => ({at: trial.lr, look: one.look})),
  };
}

/** One scale for the losses of all trials: two decades from the best. What is worse stands at the upper edge. */
function trialAxis(w) {
  const [low, high] = span(w.standings.flatMap((s) => s.trials).map((trial) => trial.validation_loss), {log: true, decades: 2});
  return {title: t("report.validation_loss"), log: true, low, high: high * 10 ** (0.08 * Math.log10(high / low)), clip: true};
}
const rateAxis = (rates, air) => { const [low, high] = span(rates, {log: true, air}); return {title: t("report.rate"), log: true, low, high}; };

function sensitivitySection(main, w, id = "sensitivity") {
  const each = w.standings.filter((s) => s.trials.some((trial) => trial.lr > 0)).map((one) => ({one, ...trialsOf(one)}));
  if (!each.length) return;
  const at = section(main, id, t("report.sensitivity"), t("report.sensitivity.lead")), place = element("div", {class: "plot"});
  at.append(place);
  const few = each.length > 16 ? 8 : each.length, on = each.map((_, i) => i < few);
  const drawn = plot(place, {name: id, caption: t("report.validation_loss") + t("report.logarithmic"), text: t("report.sensitivity.text"), height: 400, nearest: true,
    lines: each.map((e, i) => ({label: e.one.optimizer, x: e.x, y: e.y, look: e.one.look, marks: true, chosen: e.chosen, notes: e.notes, hidden: !on[i]})),
    crosses: each.flatMap((e, i) => e.crosses.map((cross) => ({...cross, line: i}))), x: rateAxis(each.flatMap((e) => e.sorted.map((trial) => trial.lr)), 0.02), y: trialAxis(w),
    table: () => trialRows(each.map((e) => e.one), w)});
  const set = (i, value) => { on[i] = value; drawn.show(i, value); buttons.update(); };
  const buttons = lineButtons(t("report.optimizers"), each.map((e) => e.one.optimizer), each.map((e) => e.one.look), () => [drawn], (i) => on[i], (i) => set(i, !on[i]));
  buttons.element.append(...[[t("report.all"), true], [t("report.none"), false]].map(([text, value]) => element("button", {type: "button", onclick: () => on.forEach((_, i) => set(i, value))}, text)));
  place.before(element("div", {class: "controls"}, buttons.element));
}

/** The validation score at rates around the chosen one. */
function offBestSection(main, w, id = "off-best") {
  const score = "validation_" + w.metric, each = w.standings.filter((s) => s.rates_off_best?.length && s.chosen_trial !== null);
  if (!each.length) return;
  const place = element("div", {class: "plot"});
  section(main, id, t("report.off_best"), t("report.off_best.lead"), place);
  const lines = each.map((one, i) => {
    const all = [...one.rates_off_best, {factor: 1, ...one.trials[one.chosen_trial]}].sort((a, b) => a.factor - b.factor);
    return {label: one.optimizer, x: all.map((run) => run.factor), y: all.map((run) => run[score]), look: one.look, marks: true, hidden: i >= 6, crosses: all.filter((run) => run[score] === null).map((run) => ({at: run.factor, look: one.look, line: i}))};
  });
  const quantity = quantitiesOf(w).find((q) => q.name === score), fit = (values) => { const [low, high] = span(values); return w.accuracy ? [Math.max(low, 0), Math.min(high, 1.02)] : [low, high]; };
  const drawn = plot(place, {name: id, caption: quantity?.title ?? t(`report.metric.${score}`), text: t("report.off_best.lead"), height: 340, best: w.accuracy ? "high" : "low", lines, crosses: lines.flatMap((line) => line.crosses),
    x: {title: t("report.off_best.factor"), log: true, low: 0.09, high: 11, format: (v) => `${short(v)}×`}, y: {title: quantity?.title, fit, format: quantity?.format, tick: quantity?.tick}});
  const on = each.map((_, i) => i < 6), set = (i, value) => { on[i] = value; drawn.show(i, value); buttons.update(); };
  const buttons = lineButtons(t("report.optimizers"), each.map((e) => e.optimizer), each.map((e) => e.look), () => [drawn], (i) => on[i], (i) => set(i, !on[i]));
  buttons.element.append(...[[t("report.all"), true], [t("report.none"), false]].map(([text, value]) => element("button", {type: "button", onclick: () => on.forEach((_, i) => set(i, value))}, text)));
  place.before(element("div", {class: "controls"}, buttons.element));
}

/** All trials of some optimizers as a table. */
function trialRows(ones, w) {
  const keys = [...new Set(ones.flatMap((one) => one.trials.flatMap((trial) => Object.keys(trial.values ?? {lr: 0}))))];
  return {
    columns: [t("report.column.optimizer"), ...keys, t("report.validation_loss"), t(`report.metric.validation_${w.metric}`), t("report.column.note")],
    rows: ones.flatMap((one) => one.trials.map((trial, i) => [one.optimizer, ...keys.map((key) => (trial.values ?? {lr: trial.lr > 0 ? trial.lr : null})[key] ?? null), trial.validation_loss, trial["validation_" + w.metric],
      trial.validation_loss === null ? t("report.diverged.at", {step: trial.diverged_step, what: trial.diverged_by}) : i === one.chosen_trial ? t("report.chosen") : ""])),
  };
}

function runRows(one, w) {
  return {columns: [t("report.column.seed"), w.metricColumn, t("report.test_loss"), t("report.column.note")],
    rows: one.runs.map((run) => [run.seed, run["test_" + w.metric], run.test_loss, run.diverged_step === null ? "" : t("report.diverged.at", {step: run.diverged_step, what: run.diverged_by})])};
}

/** Each optimizer by itself. Each kind of plot has the same scale of losses everywhere. */
function cardsSection(main, w, id = "each") {
  const cards = element("div", {class: "cards"});
  section(main, id, t("report.each"), t("report.each.lead"), cards);
  const losses = w.standings.map((s) => ({one: s, valid: overSeeds(s, "validation_loss"), train: overSeeds(s, "train_loss")}));
  // The validation is seen whole; a training loss that falls three decades below it leaves the plot.
  const y = lossAxis(losses.flatMap(({valid}) => [...valid.low, ...valid.high]), t("report.loss")), trialsY = trialAxis(w);
  y.low = Math.min(y.low, Math.max(span(losses.flatMap(({train}) => train.low), {log: true})[0], y.low / 1000));
  for (const {one, valid, train} of losses) {
    const left = element("div"), right = element("div"), trials = trialsOf(one);
    cards.append(element("article", {class: "card"},
      element("h3", {}, sample(one.look), one.optimizer, element("span", {class: "number"}, w.score(one.place))),
      element("p", {class: "spec"}, element("code", {}, one.spec), one.place.score_mean === null ? element("span", {class: "mark"}, " " + w.divergedText(one)) : null),
      element("div", {class: "pair"}, left, right), tableView(() => trialRows([one], w), t("report.trials", {n: one.trials.length}), 60, t("report.trials", {n: one.trials.length})),
      one.runs.length ? tableView(() => runRows(one, w), t("report.runs", {n: one.runs.length}), 60, t("report.runs", {n: one.runs.length})) : null));
    const last = (values) => short(values.findLast((v) => v !== null) ?? null);
    if (valid.epoch.length) plot(left, {name: `${id}-${one.optimizer}-curve`, compact: true, height: 170, caption: t("report.loss"), text: t("report.card.text", {name: one.optimizer, validation: last(valid.mean), train: last(train.mean)}),
      lines: [{label: t("report.validation"), x: valid.epoch, y: valid.mean, look: one.look, dash: []}, {label: t("report.training"), x: train.epoch, y: train.mean, look: one.look, dash: [4, 4], width: 1.5}],
      bands: [{x: valid.epoch, low: valid.low, high: valid.high, look: one.look}], crosses: endings(one, w.results), x: epochAxis(w.results), y: {...y}});
    if (trials.sorted.length) plot(right, {name: `${id}-${one.optimizer}-rates`, compact: true, height: 170, nearest: true, caption: t("report.validation_loss"), text: t("report.card.trials", {name: one.optimizer}) + " " + trials.sorted.map((trial) => `${short(trial.lr)}: ${trial.validation_loss === null ? t("report.diverged") : short(trial.validation_loss)}`).join(t("report.comma")),
      lines: [{label: one.optimizer, x: trials.x, y: trials.y, look: one.look, dash: [], marks: true, chosen: trials.chosen, notes: trials.notes}], crosses: trials.crosses, x: rateAxis(trials.sorted.map((trial) => trial.lr), 0.06), y: {...trialsY}, table: () => trialRows([one], w)});
  }
}

const pictured = new Map(); // what the reader has set of each surface stays when the language changes
/** The ways of the best, on the function or on a slice of the model's loss. */
function surfaceSection(main, w, surface, id = "surface") {
  if (!surface) return;
  if (!pictured.has(surface)) pictured.set(surface, surfaceChoice(surface));
  const box = element("div");
  section(main, id, t("report.surface"), sentences(t("report.surface.lead", {n: surface.paths.length}), surface.slice ? t("report.surface.slice") : t("surface.lead")), box);
  surfaceView(box, surface, pictured.get(surface), surface.paths.map((path, i) => w.byName.get(path.label)?.look ?? look(i)));
}
