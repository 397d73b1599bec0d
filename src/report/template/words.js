"use strict";
// A comparison in words: its scores with their units, the sentence on top, what to use and how sure that is.

/** Names in a sentence, of more than four the rest as a number. */
const named = (names) => (names.length > 4 ? t("report.and_others", {names: names.slice(0, 3).join(t("report.comma")), n: names.length - 3}) : listed(names));

/** Why a key was not tuned, as the results say it, and its message. */
const reasons = {"it has no such key": "report.why.no_key", "it finds its learning rate itself": "report.why.itself", "its value was given": "report.why.given"};

/** Who was not tuned, and why: one note for all that share key and reason. */
function tuningNotes({optimizers}, tune = ["lr"]) {
  const all = [], notes = new Map(), join = (names) => names.join(t("report.comma"));
  const itself = (one) => one.skipped_keys?.some(({key, why}) => key === "lr" && reasons[why] === "report.why.itself");
  if (tune.join() === "lr") {
    for (const [id, which] of [["report.note.fixed", (one) => one.rates?.origin === "fixed" && !itself(one)], ["report.note.itself", itself]]) {
      const names = optimizers.filter(which).map((one) => one.optimizer);
      if (names.length) all.push(t(id, {names: join(names)}));
    }
    return all;
  }
  for (const one of optimizers)
    for (const {key, why} of one.skipped_keys ?? []) notes.set(key + why, {key, why, names: [...(notes.get(key + why)?.names ?? []), one.optimizer]});
  for (const {key, why, names} of notes.values()) all.push(t("report.note.skipped", {names: join(names), key, why: reasons[why] ? t(reasons[why]) : why}));
  return all;
}

/** What a comparison's results say, in the reader's language. The best have the looks that are easiest to tell apart. */
function wordsOf(results, looks = new Map(results.ranking.map((place, i) => [place.optimizer, look(i)]))) {
  const {data, settings, ranking} = results;
  const metric = results.score.name.replace("test_", ""), accuracy = metric === "accuracy", gap = metric === "log10_gap";
  const byName = new Map(results.optimizers.map((one) => [one.optimizer, {...one, look: looks.get(one.optimizer)}]));
  const standings = ranking.map((place) => ({...byName.get(place.optimizer), place}));
  const scored = standings.filter((s) => s.place.score_mean !== null);
  const best = ranking[0]?.score_mean;

  /** A score without its unit, with the decimals of the headline. */
  function bare(v) {
    if (v === null || v === undefined) return "–";
    if (accuracy) return (100 * v).toFixed(data.test_rows < 2000 ? 1 : 2);
    if (gap) return v.toFixed(2).replace("-", "−");
    return best >= 1e-4 && best < 1e6 && Math.abs(v) < 1e9 ? v.toFixed(Math.max(0, 3 - Math.floor(Math.log10(best)))) : short(v, 4);
  }
  const withUnit = (text) => (accuracy ? t("report.percent", {v: text}) : text);
  const half = (low, high) => (low === null || low === undefined ? "" : ` ± ${bare((high - low) / 2)}`);
  /** "97.3 % ± 0.4": an interval that was cut at 100 % still reaches as far down. */
  const score = (place) => (place.score_mean === null ? t("report.diverged") : withUnit(bare(place.score_mean) + (place.score_low === null ? "" : ` ± ${bare(Math.max(place.score_mean - place.score_low, place.score_high - place.score_mean))}`)));
  /** A difference of scores, with the interval where there is one: "0.9 ± 0.4 points". */
  const difference = (mean, low, high) => t(accuracy ? "report.points" : gap ? "report.decades" : "report.plain", {v: bare(mean) + half(low, high)});
  const setting = (one) => (one.spec.startsWith(one.optimizer + ":") ? one.spec.slice(one.optimizer.length + 1) : one.spec);
  const where = data.task === "minimization" || !settings.model ? data.name : t("report.where", {data: data.name, model: settings.model});
  const metricName = t(`report.metric.${metric}`), metricColumn = t(`report.metric.${metric}.column`);

  function withInterval(place) {
    const power = (v) => (gap ? `10^${bare(v)}` : bare(v)), values = {metric: metricName, score: withUnit(power(place.score_mean))};
    return place.score_low === null ? t("report.score", values) : t("report.score.interval", {...values, low: power(place.score_low), high: power(place.score_high)});
  }

  const tied = ranking[0]?.tied_with ?? [];
  const next = ranking.slice(1).find((p) => p.behind_first_mean !== null && !tied.includes(p.optimizer));
  function headline() {
    if (!scored.length) return t("report.headline.none", {where});
    const values = {where, best: ranking[0].optimizer, score: withInterval(ranking[0])};
    if (scored.length === 1) return t("report.headline.only", values);
    if (settings.seeds.length === 1) return t("report.headline.single", values);
    if (!next) return t("report.headline.nobody", {...values, n: settings.seeds.length});
    Object.assign(values, {next: next.optimizer, lead: difference(next.behind_first_mean, next.behind_first_low, next.behind_first_high)});
    return tied.length ? t("report.headline.ties", {...values, n: tied.length, tied: named(tied)}) : t("report.headline.won", values);
  }

  /** What a reader should mind, from the numbers. */
  function notes() {
    const all = [], add = (id, which) => { const names = results.optimizers.filter(which).map((one) => one.optimizer); if (names.length) all.push(t(id, {names: names.join(t("report.comma"))})); };
    add("report.note.nothing", (one) => one.chosen_trial === null);
    add("report.note.some", (one) => one.runs.some((run) => run.diverged_step !== null));
    add("report.note.edge", (one) => one.chosen_at_edge);
    all.push(...tuningNotes(results, settings.tune));
    if (results.curve_points) all.push(t("report.note.thinned", {n: results.curve_points}));
    if (settings.seeds.length === 1) all.push(t("report.note.single"));
    return all;
  }

  /** What to do, and how sure that is: [{title, value, text}]. */
  function findings() {
    if (!scored.length) return [];
    const all = [], first = standings[0], equal = scored.filter((s) => tied.includes(s.optimizer));
    all.push({title: t("report.use"), value: first.spec, code: true, text: settings.seeds.length === 1 ? t("report.use.single") : scored.length === 1 ? t("report.use.only") : equal.length ? t("report.use.tied", {n: equal.length, names: named(tied)}) : t("report.use.alone", {score: score(first.place)})});
    const share = first.place.bootstrap?.first;
    if (settings.seeds.length > 1 && scored.length > 1) {
      const sure = next === undefined ? "none" : equal.length ? "some" : "all";
      all.push({title: t("report.sure"), value: t(`report.sure.${sure}`),
        text: sentences(t(`report.sure.${sure}.text`, {n: settings.seeds.length, best: first.optimizer, others: scored.length - 1, told: scored.length - 1 - equal.length}), share !== undefined && t("report.sure.bootstrap", {v: Math.round(100 * share), best: first.optimizer}))});
    }
    const top = scored.filter((s) => s.place.rank === 1);
    const calm = top.filter((s) => Number.isFinite(s.sensitivity)).sort((a, b) => a.sensitivity - b.sensitivity)[0];
    if (calm && top.length > 1) all.push({title: t("report.calm"), value: calm.optimizer, text: calm.optimizer === first.optimizer || !Number.isFinite(first.sensitivity) ? t("report.calm.self", {v: difference(calm.sensitivity)}) : t("report.calm.text", {v: difference(calm.sensitivity), best: first.optimizer, other: difference(first.sensitivity)})});
    const quick = scored.filter((s) => Number.isFinite(s.to_target?.steps_median)).sort((a, b) => a.to_target.steps_median - b.to_target.steps_median)[0];
    if (quick) all.push({title: t("report.quick"), value: quick.optimizer, text: t("report.quick.text", {target: targetText(), n: quick.to_target.steps_median})});
    return all;
  }
  const targetText = () => (results.target ? t("report.target", {metric: t(`report.metric.${results.target.metric}`), v: accuracy ? withUnit(bare(results.target.value)) : short(results.target.value, 4)}) : "");

  function divergedText(one) {
    if (one.chosen_trial === null) return t("report.diverged.trials");
    const run = one.runs.find((r) => r.diverged_step !== null);
    return run ? t("report.diverged.runs", {k: one.runs.filter((r) => r.diverged_step !== null).length, n: one.runs.length, step: run.diverged_step, seed: run.seed}) : t("report.diverged");
  }

  return {results, metric, metricName, metricColumn, accuracy, gap, byName, standings, scored, bare, withUnit, score, difference, setting, headline, notes, findings, divergedText, targetText, where, tied, next};
}
