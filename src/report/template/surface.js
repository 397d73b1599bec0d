"use strict";
// The page of `thalweg surface`: the map and the relief side by side, one slider for the steps of all paths, the descent, and what happened.

let chosen = null; // what the reader has set stays when the language changes

/** "a, b and c", as the program says it. */
function named(names) {
  if (names.length > 6) return t("surface.others", {names: names.slice(0, 2).join(t("surface.comma")), n: names.length - 2});
  return names.length > 1 ? names.slice(0, -1).join(t("surface.comma")) + t("surface.and") + names.at(-1) : names[0];
}

page((main) => {
  const {paths} = data, looks = paths.map((_, i) => look(i));
  const most = Math.max(0, ...paths.map((path) => path.step.at(-1)));
  chosen ??= surfaceChoice(data);
  const shown = (i) => !chosen.hidden.has(i);

  // ---- the head
  const ends = ["reached", "finished", "local_minimum", "saddle", "flat", "under_way", "left", "diverged"];
  const said = ends.map((end) => ({end, names: paths.filter((path) => path.end === end).map((path) => path.label)})).filter(({names}) => names.length)
    .map(({end, names}) => t(`surface.headline.${end}${names.length > 1 ? ".many" : ""}`, {names: named(names)})).join(t("surface.semicolon"));
  main.append(element("header", {}, element("h1", {}, said ? t("surface.headline", {what: data.title, said}) : data.title),
    data.formula && data.formula !== data.title ? element("p", {}, element("code", {}, data.formula)) : null,
    data.slice ? element("p", {id: "facts"}, t("surface.facts.slice", {...data.slice, x: short(100 * data.slice.share_x), y: short(100 * data.slice.share_y), both: short(100 * (data.slice.share_x + data.slice.share_y))})) :
      element("p", {id: "facts"}, [data.source, data.note].filter(Boolean).join(". "))));

  // ---- map and relief
  const box = element("div");
  let descent = null;
  section(main, "surface", t("surface.section.surface"), t(data.slice ? "surface.lead.slice" : "surface.lead"), box);
  surfaceView(box, data, chosen, looks, {toggled: (i) => descent?.show(i, shown(i)), plots: () => (descent ? [descent] : [])});

  // ---- the descent
  if (paths.length) {
    const gap = data.minimum !== null && !data.slice, plotBox = element("div", {class: "plot"});
    section(main, "descent", t("surface.section.descent"), t(gap ? "surface.descent.gap" : data.slice ? "surface.descent.loss" : "surface.descent.value"), plotBox);
    const value = (v) => (v === null || v === undefined ? null : gap ? Math.max(v - data.minimum, 0) : v);
    const values = paths.flatMap((path) => path.value.map(value)).filter((v) => v !== null);
    const log = gap || values.every((v) => v > 0);
    const start = value(paths[0]?.value[0]);
    const top = start === null ? undefined : Math.max(10 * Math.abs(start), 1e-12);
    const y = {title: gap ? "f − f*" : t(data.slice ? "surface.loss" : "surface.f"), log, clip: true};
    [y.low, y.high] = span(values.filter((v) => top === undefined || v <= top), {log});
    if (gap && log) y.low = Math.max(y.low, y.high * 1e-16);
    descent = plot(plotBox, {
      name: t("surface.section.descent"), caption: y.title, best: "low", height: 340,
      text: t("surface.descent.words", {said: paths.map((path) => `${path.label} ${short(path.value.at(-1))}`).join(", ")}),
      lines: paths.map((path, i) => ({label: path.label, x: path.step, y: path.value.map(value), look: looks[i], hidden: !shown(i)})),
      crosses: paths.map((path, i) => ({path, i})).filter(({path}) => path.end === "diverged").map(({path, i}) => ({at: path.steps, look: looks[i], line: i, label: path.label, text: surfaceEnd(path)})),
      x: {title: t("surface.step"), whole: true, low: 0, high: Math.max(1, most)}, y,
    });
  }

  // ---- what happened
  if (paths.length) {
    const distance = paths.some((path) => path.distance !== null);
    const heads = [t("surface.path"), t("surface.spec"), t("surface.steps"), t(data.slice ? "surface.loss.last" : "surface.f.last"), distance ? t("surface.distance") : null, t("surface.end")].filter((h) => h !== null);
    const row = (path, i) => element("tr", {}, element("td", {class: "name"}, sample(looks[i]), path.label), element("td", {class: "spec"}, element("code", {}, path.spec), path.tuned ? " " + t("surface.tuned") : null),
      [String(path.steps), short(path.value.at(-1), 4), distance ? short(path.distance, 3) : null].filter((v) => v !== null).map((v, j) => element("td", {class: "number right", "data-head": heads[j + 2]}, v)),
      element("td", {class: path.end === "diverged" ? "mark" : null, "data-head": heads.at(-1)}, surfaceEnd(path)));
    section(main, "ends", t("surface.section.ends"), paths.some((path) => path.tuned) ? t(data.slice ? "surface.tuned.lead.slice" : "surface.tuned.lead") : null,
      element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": t("surface.section.ends")}, element("table", {class: "ends"}, element("thead", {}, element("tr", {}, heads.map((h, i) => element("th", {scope: "col", class: i > 1 && i < heads.length - 1 ? "right" : null}, h)))), element("tbody", {}, paths.map(row)))));
  }
  const repeat = element("pre", {tabindex: "0"}, data.command);
  section(main, "repeat", t("surface.section.repeat"), null, repeat, element("p", {class: "lead"}, t(data.slice ? "surface.method.slice" : data.optima_known ? "surface.method" : "surface.method.searched", {columns: data.columns, rows: data.rows, version: data.version})));
});
