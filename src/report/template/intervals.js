"use strict";
// Estimates with their intervals, one under the other on a common axis: as cells of a table, and as an SVG of its own for files.

/** Where v is on the axis {low, high, log}, in percent of its length. */
function onAxis(v, {low, high, log}) {
  const to = log ? (u) => Math.log10(u) : (u) => u;
  return 100 * Math.min(1, Math.max(0, (to(v) - to(low)) / (to(high) - to(low))));
}
const percent = (v) => round1(v) + "%";

/** The ticks of the axis, as {at: percent, text}: at most `most` that leave room at both ends. */
function axisTicks(axis, most = 5) {
  const to = axis.log ? Math.log10 : (v) => v, back = axis.log ? (v) => 10 ** v : (v) => v;
  return ticksOf({log: axis.log}, to(axis.low), to(axis.high), most).map(back).map((v) => ({v, at: onAxis(v, axis), text: axis.tick(v)})).filter(({at}) => at > 6 && at < 94);
}

/** The marks of one estimate {mid, low, high, look, diverged}, as attributes of lines and circles in percent. */
function intervalMarks({mid, low, high}, axis) {
  const at = (v) => onAxis(v, axis), inside = (v) => v !== null && v !== undefined && v >= axis.low && v <= axis.high;
  return {
    reach: low !== null && low !== undefined && high !== null ? [at(low), at(high)] : null,
    ends: [low, high].filter(inside).map(at), dot: inside(mid) ? at(mid) : null, beyond: mid === null || mid === undefined || inside(mid) ? null : mid < axis.low ? "◂" : "▸",
  };
}

/** A table cell with the estimate; `first` is the estimate that is drawn as a band behind all. */
function intervalCell(row, axis, first = null) {
  const {reach, ends, dot, beyond} = intervalMarks(row, axis), color = `stroke:${row.look.variable}`;
  const svg = element("svg", {role: "img", "aria-label": row.text},
    reach ? element("line", {class: "reach", x1: percent(reach[0]), x2: percent(reach[1]), y1: 11, y2: 11, style: color}) : null,
    ends.map((at) => element("line", {class: "reach", x1: percent(at), x2: percent(at), y1: 6, y2: 16, style: color})),
    dot !== null ? element("circle", {cx: percent(dot), cy: 11, r: 5, style: `fill:${row.look.variable}`}) : null,
    beyond ? element("text", {x: beyond === "◂" ? "0%" : "100%", y: 16, dx: beyond === "◂" ? 8 : -8}, beyond) : null);
  const from = first && first.low !== null && first.low !== undefined ? onAxis(first.low, axis) : null;
  const to = from === null ? null : onAxis(first.high, axis);
  return element("div", {class: "estimate", style: from === null ? null : `background:linear-gradient(to right,transparent ${percent(from)},var(--tint) ${percent(from)} ${percent(to)},transparent ${percent(to)})`}, svg);
}

/**
 * A table with such cells, what saves it, and its numbers. columns: {title, short, class, head: names the row, axis: holds the intervals,
 * cell(row), value(row), csv: name of the column in files}; `more`: [name, value(row)] of what stands in files only.
 */
function estimatesTable({name, title, columns, rows, axis, svg, more = [], rowClass = () => null}) {
  const table = () => ({columns: [...columns.map((c) => c.csv ?? c.title), ...more.map(([column]) => column)], rows: rows.map((row) => [...columns, ...more.map(([, value]) => ({value}))].map((c) => c.value(row) ?? null))});
  const head = (c) => (c.axis && axis ? [element("span", {class: "unseen"}, c.title), intervalHead(axis)] : c.short ? [element("span", {"aria-hidden": "true"}, c.short), element("span", {class: "unseen"}, c.title)] : c.title);
  return [element("div", {class: "corner"}, saveMenu({name, table, svg})),
    element("table", {class: "ranking"}, element("caption", {class: "unseen"}, title), element("thead", {}, element("tr", {}, columns.map((c) => element("th", {class: c.class, scope: "col"}, head(c))))),
      element("tbody", {}, rows.map((row, n) => element("tr", {class: rowClass(row, n)}, columns.map((c) => element(c.head ? "th" : "td", {class: c.class + (c.head && row.rank === 1 ? " first" : ""), scope: c.head ? "row" : null}, c.cell(row))))))),
    tableView(table, title)];
}

/** The axis above such cells. */
const intervalHead = (axis) => element("div", {class: "estimate"}, element("svg", {"aria-hidden": "true"},
  axisTicks(axis).map(({at, text}) => element("text", {x: percent(at), y: 16}, text))));

/** The same as one SVG text: a row for each {label, text, mid, low, high, look}. */
function intervalsSvg({caption, rows, axis}) {
  const width = 760, left = 24 + Math.max(40, ...rows.map((r) => textWidth(r.label))), right = width - 24 - Math.max(40, ...rows.map((r) => textWidth(r.text)));
  const X = (at) => round1(left + (right - left) * at / 100), height = 60 + 26 * rows.length, out = [];
  out.push(`<text x="12" y="20" font-size="13" font-weight="600" fill="${css("--ink")}">${xml(caption)}</text>`);
  for (const {at, text} of axisTicks(axis, 6)) out.push(`<path d="M${X(at)} 46V${height - 8}" stroke="${css("--grid")}"/><text x="${X(at)}" y="40" text-anchor="middle" fill="${css("--soft")}">${xml(text)}</text>`);
  rows.forEach((row, i) => {
    const y = 64 + 26 * i, {reach, ends, dot, beyond} = intervalMarks(row, axis), color = row.look.color();
    out.push(`<text x="12" y="${y + 4}" fill="${css("--ink")}">${xml(row.label)}</text><text x="${width - 12}" y="${y + 4}" text-anchor="end" fill="${css("--soft")}">${xml(row.text)}</text>`);
    if (reach) out.push(`<path d="M${X(reach[0])} ${y}H${X(reach[1])}" stroke="${color}" stroke-width="2.5"/>`);
    for (const at of ends) out.push(`<path d="M${X(at)} ${y - 5}v10" stroke="${color}" stroke-width="2.5"/>`);
    if (dot !== null) out.push(`<circle cx="${X(dot)}" cy="${y}" r="5" fill="${color}"/>`);
    if (beyond) out.push(`<text x="${beyond === "◂" ? left + 4 : right - 14}" y="${y + 4}" fill="${color}">${beyond}</text>`);
  });
  return `<svg xmlns="${svgNamespace}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${xml(css("--font"))}" font-size="12"><title>${xml(caption)}</title><rect width="100%" height="100%" fill="${css("--raised")}"/>${out.join("")}</svg>\n`;
}
