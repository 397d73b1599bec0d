"use strict";
// The page of `thalweg lr-find`: the suggestion, why, and the test itself.

page((main) => {
  const {mean, runs} = data, rate = (v) => short(v, 2);
  const said = data.suggestion === null ?
    [t("lr_find.none.advice")] :
    [t("lr_find.reason", {rate: rate(mean.suggestion), steepest: rate(mean.steepest ?? mean.suggestion), lowest: rate(mean.lowest_at)}),
      runs.length > 1 ? t("lr_find.spread", {n: runs.length, low: rate(data.suggestion_low), high: rate(data.suggestion_high)}) : null];
  if (mean.rates.length) said.push(t(`lr_find.end.${mean.end}`, {rate: rate(mean.rates.at(-1))}));
  if (data.at_low_edge) said.push(t("lr_find.edge.low"));
  if (data.at_high_edge) said.push(t("lr_find.edge.high"));
  const headline = data.suggestion === null ? t("lr_find.headline.none", {low: rate(data.low), high: rate(data.high)}) : t("lr_find.headline", {spec: data.optimizer});
  main.append(element("header", {}, element("h1", {}, headline), element("p", {id: "finding"}, sentences(...said)),
    element("p", {id: "facts"}, t("lr_find.facts", {data: data.data, model: data.model, optimizer: data.optimizer, batch: data.batch, repeats: runs.length,
      steps: Math.max(0, ...runs.map((run) => run.rates.length)), planned: data.planned_steps}))));

  const box = element("div");
  section(main, "test", t("lr_find.plot"), t("lr_find.plot.lead"), box);
  const thin = (i) => ({...look(1 + (i % 6)), dash: []});
  const chosen = data.suggestion === null ? null : nearestIndex(mean.rates.map(Math.log), Math.log(data.suggestion));
  const lines = [{label: t("lr_find.mean"), x: mean.rates, y: mean.smoothed, look: {...look(0), dash: []}, width: 3.5, chosen},
    ...(runs.length > 1 ? runs.map((run, i) => ({label: t("lr_find.repeat", {n: i + 1}), x: run.rates, y: run.smoothed, look: thin(i), width: 1})) : [])];
  // What has run away is clipped: the fall is what is to be seen.
  const top = mean.start + 0.6 * Math.max(mean.start - mean.lowest, 1e-3 * Math.abs(mean.start));
  const air = 0.08 * (top - mean.lowest);
  plot(box, {name: "lr-find", caption: t("lr_find.plot.caption"), height: 420, lines,
    text: t("lr_find.plot.text", {start: short(mean.start), lowest: short(mean.lowest), at: rate(mean.lowest_at), suggestion: headline}),
    x: {title: t("lr_find.rate"), log: true, low: data.low, high: Math.max(...runs.map((run) => run.rates.at(-1) ?? 0), mean.rates.at(-1) ?? data.high)},
    y: {title: t("lr_find.loss"), low: mean.lowest - air, high: top, clip: true}});

  section(main, "settings", t("lr_find.settings"), null, element("pre", {}, element("code", {}, data.command)),
    data.train ? element("p", {}, t("lr_find.train")) : null, data.train ? element("pre", {}, element("code", {}, data.train)) : null);
  section(main, "method", t("lr_find.method"), null, element("p", {}, t("lr_find.method.text", {low: rate(data.low), high: rate(data.high)})));
});
