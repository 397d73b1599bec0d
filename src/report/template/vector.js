"use strict";
// A plot as an SVG of its own, for files and for paper: the same lines, axes and marks as on the screen, as true vectors, with a legend.

const xml = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`).replace(/[^\t\n\r\x20-\uFFFF]/g, "");
/** About how many pixels a text of 12 px takes: Chinese characters are as wide as they are high. */
const textWidth = (text) => [...text].reduce((sum, c) => sum + (c > "\u2e7f" ? 12.5 : 6.9), 0);
const round1 = (v) => Math.round(v * 10) / 10;

/** The path through points; of many points in one column of pixels the first, lowest, highest and last. */
function pathOf(xs, ys, X, Y) {
  const parts = [];
  const put = (px, py) => parts.push(`${parts.length ? "L" : "M"}${round1(px)} ${round1(py)}`);
  const dense = xs.length > 4000;
  let column = null;
  const flush = () => { if (column) { for (const py of new Set([column.first, column.low, column.high, column.last])) put(column.px, py); column = null; } };
  for (let i = 0; i < xs.length; ++i) {
    if (ys[i] === null || ys[i] === undefined) continue;
    const px = X(xs[i]), py = Y(ys[i]);
    if (!dense) { put(px, py); continue; }
    const pixel = Math.round(px * 2) / 2;
    if (column?.px !== pixel) { flush(); column = {px: pixel, first: py, low: py, high: py, last: py}; }
    Object.assign(column, {low: Math.min(column.low, py), high: Math.max(column.high, py), last: py});
  }
  flush();
  return parts.join("");
}

let clipIds = 0;
/** The SVG text of what plot() keeps: its view, with the lines that are shown. */
function svgOf({options, lines, points, crosses, bands, x, y, view, shown, dashOf}, {width = options.compact ? 420 : 760} = {}) {
  const height = options.height, font = css("--font"), ink = css("--ink"), soft = css("--soft"), grid = css("--grid");
  const out = [], text = (px, py, said, more = "") => out.push(`<text x="${round1(px)}" y="${round1(py)}" ${more}>${xml(said)}</text>`);
  const yTicks = ticksOf(y, ...view.y, roomFor(y, height - 70, true)), yTexts = tickTexts(y, yTicks);
  const left = 12 + Math.max(14, ...yTexts.map(textWidth)), right = width - 16, top = 36, bottom = height - 40;
  const X = (v) => left + (v - view.x[0]) / (view.x[1] - view.x[0]) * (right - left), Y = (v) => bottom - (v - view.y[0]) / (view.y[1] - view.y[0]) * (bottom - top);
  const xTicks = ticksOf(x, ...view.x, roomFor(x, right - left, false));
  text(8, 18, options.caption, `fill="${ink}" font-weight="600" font-size="13"`);
  const xTexts = tickTexts(x, xTicks);
  xTicks.forEach((v, i) => {
    out.push(`<path d="M${round1(X(v))} ${top}V${bottom}" stroke="${grid}"/>`);
    text(X(v), bottom + 16, xTexts[i], `fill="${soft}" text-anchor="middle"`);
  });
  yTicks.forEach((v, i) => {
    out.push(`<path d="M${left} ${round1(Y(v))}H${right}" stroke="${grid}"/>`);
    text(left - 6, Y(v) + 4, yTexts[i], `fill="${soft}" text-anchor="end"`);
  });
  text((left + right) / 2, bottom + 34, x.title ?? "", `fill="${soft}" text-anchor="middle"`);
  const clip = `inside${++clipIds}`;
  out.push(`<clipPath id="${clip}"><rect x="${left - 6}" y="${top - 6}" width="${right - left + 12}" height="${bottom - top + 12}"/></clipPath><g clip-path="url(#${clip})" fill="none">`);
  const inView = (v) => v >= view.y[0] - (view.y[1] - view.y[0]) && v <= view.y[1] + 5 * (view.y[1] - view.y[0]);
  const Yc = (v) => Y(inView(v) ? v : v > view.y[1] ? view.y[1] + 5 * (view.y[1] - view.y[0]) : view.y[0] - (view.y[1] - view.y[0]));
  for (const band of bands.filter((b) => b.line === undefined || shown(b.line))) {
    const xs = band.x.map((v) => toScale(x, v)), low = band.low.map((v) => toScale(y, v)), high = band.high.map((v) => toScale(y, v));
    const there = pathOf(xs, high, X, Yc), back = pathOf([...xs].reverse(), [...low].reverse(), X, Yc);
    if (there && back) out.push(`<path d="${there}L${back.slice(1)}Z" fill="${band.look.color()}" fill-opacity="${band.alpha ?? 0.2}"/>`);
  }
  const seen = lines.map((_, i) => i).filter((i) => shown(i));
  for (const i of seen) {
    const color = lines[i].look.color(), dash = dashOf(lines[i]).join(" ");
    out.push(`<path d="${pathOf(points[i].x, points[i].y, X, Yc)}" stroke="${color}" stroke-width="${lines[i].width ?? 2}"${dash ? ` stroke-dasharray="${dash}"` : ""} stroke-linejoin="round"/>`);
    points[i].y.forEach((v, j) => {
      if (v === null || !inView(v)) return;
      const px = round1(X(points[i].x[j])), py = round1(Y(v));
      if (y.clip && toScale(y, lines[i].y[j]) > v) out.push(`<path d="M${px} ${py - 5}l5 10h-10z" fill="${color}"/>`);
      else if (j === lines[i].chosen) out.push(`<circle cx="${px}" cy="${py}" r="5" fill="${color}"/>`);
      else if (lines[i].marks || points[i].x.length === 1) out.push(`<circle cx="${px}" cy="${py}" r="3" fill="#fff" stroke="${color}"/>`);
    });
  }
  for (const cross of stacked(crosses.filter((c) => c.line === undefined || shown(c.line)), (v) => X(toScale(x, v))))
    out.push(`<path d="M${round1(cross.px - 4)} ${top + 3 + 10 * cross.level}l8 8m0 -8l-8 8" stroke="${cross.look.color()}" stroke-width="1.9"/>`);
  out.push("</g>");
  // The legend flows in rows under the plot.
  let row = 0, at = left;
  for (const i of lines.length > 1 ? seen : []) {
    const needed = 44 + textWidth(lines[i].label);
    if (at > left && at + needed > width) { at = left; ++row; }
    const py = height + 10 + 18 * row, dash = dashOf(lines[i]).join(" ");
    out.push(`<path d="M${round1(at)} ${py - 4}h26" stroke="${lines[i].look.color()}" stroke-width="2.5"${dash ? ` stroke-dasharray="${dash}"` : ""}/>`);
    text(at + 32, py, lines[i].label, `fill="${ink}"`);
    at += needed;
  }
  const whole = lines.length > 1 && seen.length ? height + 20 + 18 * row : height;
  return `<svg xmlns="${svgNamespace}" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" role="img" font-family="${xml(font)}" font-size="12">` +
    `<title>${xml(options.text)}</title><rect width="100%" height="100%" fill="${css("--raised")}"/>${out.join("")}</svg>\n`;
}
