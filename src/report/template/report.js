"use strict";
// The page of `thalweg compare`: of one workload or of a suite of them.

/** On what, with what and how long, in a sentence or two. */
function factsText(w) {
  const {data, settings, seconds, optimizers} = w.results, values = {data: data.name, model: settings.model};
  const on = data.task === "minimization" ? t("report.facts.function", values)
    : t("report.facts.data", {...values, train: data.train_rows, validation: data.validation_rows, test: data.test_rows, parameters: settings.parameters, epochs: t("report.epochs", {n: settings.epochs}), batch: settings.batch || data.train_rows});
  return sentences(on, t("report.facts.work", {optimizers: t("report.optimizers.n", {n: optimizers.length}), trials: t("report.trials", {n: settings.trials}), seeds: t("report.seeds", {n: settings.seeds.length})}), seconds && t("report.facts.time", {time: duration(seconds)}));
}

function headerPart(main, headline, findings, notes, facts) {
  main.append(element("header", {}, element("h1", {}, headline),
    findings.length ? element("dl", {class: "findings"}, findings.map((f) => element("div", {}, element("dt", {}, f.title), element("dd", {class: "value"}, f.code ? element("code", {}, f.value) : f.value), element("dd", {}, f.text)))) : null,
    notes.length ? element("ul", {class: "notes"}, notes.map((note) => element("li", {}, note))) : null,
    element("p", {class: "facts"}, facts)));
}

/** What changed since another comparison. */
function againstSection(main, results, w = null, against = results.against, id = "against") {
  if (!against) return;
  const when = against.created ? against.created.replace("T", " ").replace("Z", " UTC") : "";
  const at = section(main, id, t("report.against"), t("report.against.lead", {old: against.old, when}));
  const setting = (v) => (v === null || v === undefined ? "–" : Array.isArray(v) ? v.join(", ") : String(v));
  if (against.settings?.length) at.append(element("p", {}, t("report.against.settings")), element("ul", {}, against.settings.map((s) => element("li", {}, `${s.name}: ${setting(s.old)} → ${setting(s.new)}`))));
  const table = (rows, columns) => element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("report.against")}, element("table", {class: "changes"},
    element("thead", {}, element("tr", {}, columns.map((c) => element("th", {scope: "col"}, c.title)))), element("tbody", {}, rows.map((row) => element("tr", {}, columns.map((c, i) => element(i ? "td" : "th", i ? {class: c.class} : {scope: "row"}, c.cell(row))))))));
  const optimizers = (one, words) => table(one.optimizers, [
    {title: t("report.column.optimizer"), cell: (o) => o.optimizer}, {title: t("report.against.verdict"), cell: (o) => element("span", {class: "verdict " + o.verdict}, t(`report.against.${o.verdict}`))},
    {title: t("report.against.change"), class: "number", cell: (o) => (o.change === null ? "–" : (o.change > 0 ? "+" : "") + words.difference(o.change, o.change_low, o.change_high))},
    {title: t("report.against.old"), class: "number", cell: (o) => words.withUnit(words.bare(o.old_mean))}, {title: t("report.against.new"), class: "number", cell: (o) => words.withUnit(words.bare(o.new_mean))},
    {title: t("report.against.rank"), class: "number", cell: (o) => `${o.old_rank ?? "–"} → ${o.new_rank ?? "–"}`}, {title: t("report.column.setting"), cell: (o) => element("code", {}, o.old_spec === o.new_spec ? o.new_spec ?? "" : `${o.old_spec} → ${o.new_spec}`)},
  ]);
  if (against.optimizers) at.append(optimizers(against, w));
  if (against.overall) at.append(table(against.overall, [{title: t("report.column.optimizer"), cell: (o) => o.optimizer}, {title: t("report.column.area"), class: "number", cell: (o) => `${short(o.old_area)} → ${short(o.new_area)}`}, {title: t("report.against.rank"), class: "number", cell: (o) => `${o.old_rank ?? "–"} → ${o.new_rank ?? "–"}`}]));
  for (const one of against.workloads ?? []) {
    const workload = results.workloads.find((other) => workloadName(other) === one.workload);
    if (workload) at.append(element("h3", {}, one.workload), optimizers(one, wordsOf(workload)));
  }
  for (const [id, names] of [["only_old", against.only_old ?? against.only_old_workloads], ["only_new", against.only_new ?? against.only_new_workloads]])
    if (names?.length) at.append(element("p", {}, t(`report.against.${id}`, {names: names.join(t("report.comma"))})));
}

function settingsSection(main, results, ws) {
  const {environment: e, settings: s, data} = results, at = section(main, "settings", t("report.settings"), t("report.settings.lead"));
  const copied = element("span", {role: "status", class: "copied"});
  const command = element("pre", {tabindex: "0"}, results.command);
  at.append(command, element("p", {}, element("button", {type: "button", onclick: async () => {
    getSelection().selectAllChildren(command);
    try { await navigator.clipboard.writeText(results.command); copied.textContent = t("report.copied"); } catch { copied.textContent = t("report.selected"); }
  }}, t("report.copy")), " ", copied));
  const facts = data ? [
    ["data", data.name + (data.label ? `, ${t("report.fact.label")} ${data.label}` : "") + (data.test_file ? `, ${t("report.fact.test_file")} ${data.test_file}` : "")],
    data.task !== "minimization" && ["rows", t("report.fact.rows.text", {train: data.train_rows, validation: data.validation_rows, test: data.test_rows})],
    data.task !== "minimization" && ["columns", data.columns + (data.classes ? `, ${t("report.fact.classes", {n: data.classes})}` : "")], data.checksum && ["checksum", `${data.checksum} (CRC-32)`], data.task !== "minimization" && ["split", t("report.fact.seed", {n: data.split_seed})],
    s.model && ["model", t("report.fact.model.text", {model: s.model, parameters: s.parameters})], ["epochs", `${s.epochs}, ${s.batch || t("report.fact.all_rows")}`],
    results.target && ["target", ws[0].targetText()],
  ] : [["workloads", results.workloads.map(workloadName).join(t("report.comma"))]];
  facts.push(s.tuner && ["tuner", t(`report.tuner.${s.tuner}`)], s.tune?.length && ["tune", s.tune.join(", ")], ["trials", t("report.fact.trials.text", {n: s.trials, seed: s.trial_seed})],
    ["seeds", Array.isArray(s.seeds) ? s.seeds.join(", ") : String(s.seeds)], ["made", e.created.replace("T", " ").replace("Z", " UTC")], ["thalweg", `${e.version}, ${e.compiler}`],
    ["machine", t("report.fact.machine.text", {cores: e.cores, threads: e.threads, isa: e.isa})], ["time", duration(results.seconds)]);
  at.append(element("dl", {class: "facts-list"}, facts.filter(Boolean).map(([name, value]) => element("div", {}, element("dt", {}, t(`report.fact.${name}`)), element("dd", {}, value)))));
  const n = Array.isArray(s.seeds) ? s.seeds.length : s.seeds, w = ws[0], plain = !s.tuner || s.tuner === "search", spread = s.trials - Math.floor(s.trials / 4);
  const method = [
    plain ? t("report.method.tuning", {trials: t("report.trials", {n: s.trials}), spread}) : t(`report.method.tuning.${s.tuner}`, {trials: t("report.trials", {n: s.trials})}), t(w.accuracy ? "report.method.choice.accuracy" : "report.method.choice"), t("report.method.judged", {seeds: t("report.seeds.other", {n})}), t(w.accuracy ? "report.method.rank.accuracy" : "report.method.rank"),
    w.standings.some((one) => Number.isFinite(one.sensitivity)) && t("report.method.sensitivity"), w.results.target && t("report.method.target"), w.results.bootstrap && t("report.method.bootstrap", {n: w.results.bootstrap.resamples}), results.overall && t("report.method.profile", {tau: results.overall.tau_max}),
  ].filter(Boolean);
  at.append(element("h3", {}, t("report.method")), element("div", {class: "method"}, method.map((text) => element("p", {}, text))));
}

page((main) => {
  if (data.kind === "suite") {
    const words = suiteWords(data), ws = data.workloads.map((one) => wordsOf(one, looksOf(data)));
    headerPart(main, words.headline, words.findings, suiteNotes(data, ws), t("report.suite.facts", {n: data.workloads.length, names: data.workloads.map(workloadName).join(t("report.comma")), optimizers: t("report.optimizers.n", {n: data.optimizers.length}), time: duration(data.seconds)}));
    overallSection(main, data, words);
    profilesSection(main, data, words);
    placesSection(main, data);
    workloadSection(main, data);
    againstSection(main, data);
    settingsSection(main, data, ws);
  } else {
    const w = wordsOf(data);
    headerPart(main, w.headline(), w.findings(), w.notes(), factsText(w));
    againstSection(main, data, w);
    rankingSection(main, w);
    curvesSection(main, w);
    speedSection(main, w);
    sensitivitySection(main, w);
    offBestSection(main, w);
    rareFeaturesSection(main, w);
    surfaceSection(main, w, data.surfaces[0]);
    cardsSection(main, w);
    settingsSection(main, data, [w]);
  }
});
