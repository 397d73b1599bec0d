"use strict";
// The sections of a suite: the ranking over all workloads, their performance profiles, and each workload by itself.

/** The places of the overall ranking, with the looks that they have on the whole page. */
const overallOf = (suite) => suite.overall.ranking.map((place, i) => ({...place, look: look(i)}));
const looksOf = (suite) => new Map(overallOf(suite).map((place) => [place.optimizer, place.look]));

function suiteWords(suite) {
  const places = overallOf(suite), [first] = places, n = suite.workloads.length, tied = first.tied_with ?? [];
  const next = places.find((p) => p !== first && !tied.includes(p.optimizer));
  const share = (v) => t("report.percent", {v: Math.round(100 * v)}), area = (v) => v.toFixed(2), sure = share(first.first);
  const values = {n, best: first.optimizer, sure, area: t("report.suite.area", {area: area(first.area), low: area(first.area_low), high: area(first.area_high)})};
  if (next) Object.assign(values, {next: next.optimizer, next_area: area(next.area)});
  const headline = first.area === 0 ? t("report.suite.none", values) : places.length === 1 ? t("report.suite.alone", values) : !next ? t("report.suite.nobody", values)
    : !tied.length ? t("report.suite.won", values) : t(tied.length === 1 ? "report.suite.ties.two" : "report.suite.ties", {...values, tied: named(tied)});
  const specs = suite.workloads.map((w) => w.optimizers.find((one) => one.optimizer === first.optimizer)?.spec).filter(Boolean);
  const findings = [
    {title: t("report.use"), value: first.optimizer, code: true, text: tied.length ? t("report.use.tied", {n: tied.length, names: named(tied)}) : t("report.suite.use", {k: first.reached, n})},
    {title: t("report.sure"), value: t(`report.sure.${!next ? "none" : tied.length ? "some" : "all"}`), text: t("report.suite.sure", {v: Math.round(100 * first.first), best: first.optimizer, n})},
    {title: t("report.suite.settings"), value: [...new Set(specs)].length === 1 ? specs[0] : t("report.suite.differ"), code: [...new Set(specs)].length === 1, text: t("report.suite.settings.text")},
  ];
  const calm = places.filter((p) => Number.isFinite(p.sensitivity)).sort((a, b) => a.sensitivity - b.sensitivity)[0];
  if (calm) findings.push({title: t("report.calm"), value: calm.optimizer, text: t("report.suite.calm", {v: short(calm.sensitivity)})});
  return {headline, findings, share};
}

/** What a reader should mind of all workloads; each has its own notes where it is shown. */
function suiteNotes(suite, ws) {
  const all = [];
  for (const w of ws) {
    const lost = w.standings.filter((s) => s.place.score_mean === null).map((s) => s.optimizer), name = workloadName(w.results);
    if (lost.length) all.push(t("report.suite.note.diverged", {name, names: lost.join(t("report.comma"))}));
    if (!w.results.target) all.push(t("report.suite.note.target", {name}));
  }
  all.push(...tuningNotes(ws[0].results, suite.settings.tune));
  if (suite.settings.seeds.length === 1) all.push(t("report.suite.note.single"));
  if (suite.curve_points) all.push(t("report.note.thinned", {n: suite.curve_points}));
  return all;
}

function overallSection(main, suite, {share}) {
  const places = overallOf(suite), n = suite.workloads.length, axis = {low: 0, high: 1, tick: (v) => String(v)}, area = (v) => v.toFixed(2);
  const estimate = (p) => ({label: p.optimizer, look: p.look, mid: p.area, low: p.area_low, high: p.area_high, text: t("report.interval.text", {low: area(p.area_low), high: area(p.area_high)})});
  const isTied = (place) => places.filter((other) => other.rank === place.rank).length > 1;
  const columns = [
    {title: t("report.column.rank"), short: "#", class: "place", cell: (p) => (p.rank === null ? "–" : p.rank + (isTied(p) ? "=" : "")), value: (p) => p.rank},
    {title: t("report.column.optimizer"), class: "name", head: true, cell: (p) => [sample(p.look), p.optimizer], value: (p) => p.optimizer},
    {title: t("report.column.area"), class: "score number right", cell: (p) => area(p.area), value: (p) => p.area, csv: "area"},
    {title: t("report.column.interval"), class: "interval", axis: true, cell: (p) => intervalCell(estimate(p), axis, estimate(places[0])), value: (p) => p.area_low, csv: "area_low"},
    {title: t("report.column.reached"), class: "number right", cell: (p) => t("report.of", {k: p.reached, n}), value: (p) => p.reached},
    {title: t("report.column.mean_place"), class: "extra number right", cell: (p) => (p.mean_place === null ? "–" : short(p.mean_place)), value: (p) => p.mean_place},
    {title: t("report.column.first"), class: "extra number right", cell: (p) => (Number.isFinite(p.first) ? share(p.first) : ""), value: (p) => p.first},
    {title: t("report.column.sensitivity_rank"), class: "extra number right", cell: (p) => (Number.isFinite(p.sensitivity) ? short(p.sensitivity) : "–"), value: (p) => p.sensitivity},
  ];
  section(main, "ranking", t("report.ranking"), t("report.suite.ranking.lead", {n, tau: suite.overall.tau_max}),
    estimatesTable({name: "ranking", title: t("report.ranking"), columns, rows: places, axis, svg: () => intervalsSvg({caption: t("report.column.area"), axis, rows: places.map(estimate)}), more: [["area_high", (p) => p.area_high]]}));
}

/** A step function from τ = 1 to the end of the axis. Each x is there once, because a plot joins its lines by x. */
function steps({tau, share}, end) {
  const x = [], y = [];
  tau.forEach((at, i) => { if (i > 0) { x.push(at - 1e-9); y.push(share[i - 1]); } x.push(at); y.push(share[i]); });
  if (x.length && x.at(-1) < end) { x.push(end); y.push(y.at(-1)); }
  return {x, y};
}

function profilesSection(main, suite, {share}) {
  const {profiles} = suite, place = element("div", {class: "plot"}), controls = element("div", {class: "controls"});
  const kinds = ["steps", "seconds"].filter((kind) => profiles?.[kind]?.length);
  if (!kinds.length) return;
  const at = section(main, "profiles", t("report.profiles"), t("report.profiles.lead"), controls, place), order = overallOf(suite).map((p) => p.optimizer);
  const looks = looksOf(suite), shown = order.map((_, i) => i < 6);
  const drawn = kinds.map((kind) => {
    const box = element("div"), sorted = order.map((name) => profiles[kind].find((one) => one.optimizer === name) ?? {optimizer: name, tau: [], share: []});
    place.append(box);
    const end = suite.overall.tau_max ?? 4;
    return {box, plot: plot(box, {name: `profile-${kind}`, caption: t("report.profiles.share"), best: "high",
      text: t("report.profiles.text") + " " + sorted.map((one) => `${one.optimizer} ${one.share.length ? `${share(one.share[0])}–${share(one.share.at(-1))}` : "–"}`).join(t("report.comma")),
      lines: sorted.map((one, i) => ({label: one.optimizer, ...steps(one, end), look: looks.get(one.optimizer), hidden: !shown[i]})), nearest: true,
      x: {title: t(`report.profiles.tau.${kind}`), low: 1, high: end, format: (v) => `${short(v)}×`}, y: {title: t("report.profiles.share"), low: 0, high: 1.02, format: share, tick: share},
      table: () => ({columns: [t("report.column.optimizer"), "tau", "share"], rows: sorted.flatMap((one) => one.tau.map((tau, i) => [one.optimizer, tau, one.share[i]]))})})};
  });
  const set = (i, on) => { shown[i] = on; drawn.forEach(({plot: p}) => p.show(i, on)); buttons.update(); };
  const buttons = lineButtons(t("report.optimizers"), order, order.map((name) => looks.get(name)), () => drawn.map((d) => d.plot), (i) => shown[i], (i) => set(i, !shown[i]));
  buttons.element.append(element("button", {type: "button", onclick: () => order.forEach((_, i) => set(i, i < 6))}, t("report.first_six")), element("button", {type: "button", onclick: () => order.forEach((_, i) => set(i, true))}, t("report.all")));
  if (kinds.length > 1) controls.append(choice(t("report.by"), [t("report.profiles.steps"), t("report.profiles.seconds")], (k) => drawn.forEach(({box}, i) => { box.hidden = i !== k; })));
  controls.append(buttons.element);
  drawn.forEach(({box}, i) => { box.hidden = i !== 0; });
  return at;
}

const workloadName = (workload) => workload.settings.workload || workload.data.name;

/** Which place each optimizer took on each workload. */
function placesSection(main, suite) {
  const places = overallOf(suite), columns = [t("report.column.optimizer"), ...suite.workloads.map(workloadName)];
  const table = () => ({columns, rows: places.map((p) => [p.optimizer, ...p.places])});
  const most = Math.max(2, suite.optimizers.length);
  section(main, "workloads", t("report.workloads"), t("report.workloads.lead"), element("div", {class: "corner"}, saveMenu({name: "workloads", table})),
    element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("report.workloads")}, element("table", {class: "places"}, element("thead", {}, element("tr", {}, columns.map((c) => element("th", {scope: "col"}, c)))),
      element("tbody", {}, places.map((p) => element("tr", {}, element("th", {scope: "row"}, sample(p.look), p.optimizer),
        p.places.map((v) => element("td", {class: "number", style: v === null ? null : `--share:${Math.round(100 * (1 - (v - 1) / (most - 1)))}%`}, v === null ? "–" : short(v)))))))));
}

/** One workload at a time. */
function workloadSection(main, suite) {
  const inside = element("div", {class: "inside"}), names = suite.workloads.map(workloadName);
  const show = (i) => {
    inside.replaceChildren();
    const w = wordsOf(suite.workloads[i], looksOf(suite));
    inside.append(element("p", {class: "finding"}, w.headline()), element("ul", {class: "notes"}, w.notes().map((note) => element("li", {}, note))), element("p", {class: "facts"}, factsText(w)));
    rankingSection(inside, w, "workload-ranking");
    speedSection(inside, w, "workload-speed");
    curvesSection(inside, w, "workload-curves");
    sensitivitySection(inside, w, "workload-sensitivity");
    offBestSection(inside, w, "workload-off-best");
    rareFeaturesSection(inside, w, "workload-rare-features");
    surfaceSection(inside, w, suite.surfaces[i], "workload-surface");
  };
  section(main, "workload", t("report.one_workload"), t("report.one_workload.lead"), element("div", {class: "controls"}, choice(t("report.workload"), names, show)), inside);
  show(0);
}
