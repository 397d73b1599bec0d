"use strict";
// Plots of the report: uPlot with logarithmic axes, the colours of the page, and a text for those who cannot see them.

const plots = [];
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const dashes = [[], [9, 4], [2, 3], [9, 3, 2, 3]];
const hues = 7;

/** The look of series i: a colour of the page and, from the eighth on, a dash. */
const look = (i) => ({color: () => css(`--series-${i % hues}`), variable: `var(--series-${i % hues})`, dash: dashes[Math.floor(i / hues) % dashes.length]});

/** An element with attributes and children; text is never read as HTML. */
function element(tag, attributes = {}, ...children) {
  const svg = ["svg", "line", "circle", "text", "rect", "path"].includes(tag);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A short piece of the line of series i. */
const sample = (i) => element("svg", {class: "sample", "aria-hidden": "true", viewBox: "0 0 30 10"},
  element("line", {x1: 0, x2: 30, y1: 5, y2: 5, style: `stroke:${look(i).variable}`, "stroke-width": 3, "stroke-dasharray": look(i).dash.join(" ") || null}));

const log10 = (v) => (v > 0 && Number.isFinite(v) ? Math.log10(v) : null);
const superscript = (n) => String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");

/** A number as a tick or in a sentence: 3 digits, powers of ten where decimals would be long. */
function short(v) {
  if (v === null || v === undefined) return "–";
  if (v === 0) return "0";
  const size = Math.abs(v);
  if (size >= 1e-3 && size < 1e5) return String(Number(v.toPrecision(3)));
  const exponent = Math.floor(Math.log10(size) + 1e-9);
  const digits = Number((v / 10 ** exponent).toPrecision(3));
  return (digits === 1 ? "" : `${digits}·`) + `10${superscript(exponent)}`;
}

/** About `wanted` round numbers from low to high. */
function roundTicks(low, high, wanted) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((s) => s * power >= rough * 0.999) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high * (1 + 1e-12); ++i) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Ticks of a logarithmic axis that is drawn as a linear one of the logarithm. */
function logTicks(u, axis, low, high, room) {
  for (const steps of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let decade = Math.floor(low); decade <= high; ++decade) {
      for (const step of steps) {
        const at = decade + Math.log10(step);
        if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push(at);
      }
    }
    if (ticks.length < 3 && steps.length === 9) return roundTicks(10 ** low, 10 ** high, Math.min(room, 5)).map(Math.log10);
    if (ticks.length <= room) return ticks;
  }
  const every = Math.ceil((high - low) / room);
  const ticks = [];
  for (let decade = Math.ceil(low); decade <= high; decade += every) ticks.push(decade);
  return ticks;
}

/** Low and high of all numbers, with some air. */
function span(numbers, air = 0.05) {
  const known = numbers.filter((v) => v !== null && v !== undefined);
  if (!known.length) return [0, 1];
  const low = Math.min(...known), high = Math.max(...known);
  const extra = (high - low || Math.abs(high) || 1) * air;
  return [low - extra, high + extra];
}

function axis(options, side) {
  const vertical = side === 3;
  const ticks = options.log ? {
    splits: (u, i, low, high) => logTicks(u, i, low, high, Math.max(2, Math.floor((vertical ? u.bbox.height : u.bbox.width) / devicePixelRatio / (vertical ? 26 : 58)))),
    values: (u, at) => at.map((v) => short(10 ** v)),
  } : {values: (u, at) => at.map(options.format ?? ((v) => short(v))), incrs: options.whole ? [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] : undefined};
  return {side, scale: vertical ? "y" : "x", stroke: () => css("--soft"), font: "12px system-ui, sans-serif", size: vertical ? options.size ?? 54 : 26, gap: 4, space: vertical ? 26 : 44,
    grid: {stroke: () => css("--grid"), width: 1}, ticks: {show: false}, ...ticks};
}

/**
 * Draws a plot into `parent`. `lines` are {label, x, y, look, dash, marks, width}, with x ascending; x and y are {log, low, high, format,
 * size}: a logarithmic one is given its logarithms. `crosses` are x that get a × at the top; `band` is {x, low, high, look}.
 */
function plot(parent, {caption, text, height, lines, x, y, crosses = [], band = null, interactive = false, readout = null}) {
  const tables = lines.map((line) => [line.x, line.y]);
  if (band) tables.push([band.x, band.high], [band.x, band.low]);
  const data = tables.length ? uPlot.join(tables) : [[], []];
  const series = lines.map((line) => ({
    label: line.label, scale: "y", spanGaps: true, stroke: line.look.color, width: line.width ?? 2, dash: line.dash ?? line.look.dash,
    points: {show: Boolean(line.marks), size: 6, stroke: line.look.color, fill: (u, i) => (line.marks ? css("--raised") : null)},
  }));
  if (band) for (let i = 0; i < 2; ++i) series.push({scale: "y", stroke: "transparent", width: 0, points: {show: false}, spanGaps: true});
  const marks = (u) => {
    const {ctx, bbox} = u, ratio = devicePixelRatio;
    ctx.save();
    for (const {at, look: {color}} of crosses) {
      const cx = u.valToPos(at, "x", true), cy = bbox.top + 7 * ratio, r = 4 * ratio;
      ctx.strokeStyle = color(); ctx.lineWidth = 2 * ratio; ctx.beginPath();
      ctx.moveTo(cx - r, cy - r); ctx.lineTo(cx + r, cy + r); ctx.moveTo(cx - r, cy + r); ctx.lineTo(cx + r, cy - r); ctx.stroke();
    }
    lines.forEach((line, i) => {
      if (!line.chosen || u.series[i + 1].show === false) return;
      ctx.fillStyle = line.look.color(); ctx.beginPath();
      ctx.arc(u.valToPos(line.chosen[0], "x", true), u.valToPos(line.chosen[1], "y", true), 5 * ratio, 0, 7); ctx.fill();
    });
    ctx.restore();
  };
  const figure = element("figure", {role: "img", "aria-label": text}, caption ? element("figcaption", {"aria-hidden": "true"}, caption) : null);
  parent.append(figure);
  const options = {
    width: Math.max(120, figure.clientWidth), height, legend: {show: false}, padding: [10, 12, 0, 0],
    scales: {x: {time: false, range: () => [x.low, x.high]}, y: {range: () => [y.low, y.high]}},
    axes: [axis(x, 2), axis(y, 3)], series: [{scale: "x"}, ...series],
    bands: band ? [{series: [lines.length + 1, lines.length + 2], fill: () => band.look.color() + "33"}] : [],
    cursor: interactive ? {y: false, drag: {x: false, y: false}, focus: {prox: 24}, points: {size: 8}} : {show: false},
    focus: {alpha: 0.25}, hooks: {draw: [marks], setCursor: readout ? [readout] : []},
  };
  const drawn = new uPlot(options, data, figure);
  plots.push({drawn, figure, height});
  new ResizeObserver(() => resize(plots.find((one) => one.drawn === drawn))).observe(figure);
  return drawn;
}

function resize({drawn, figure, height}, width = figure.clientWidth) {
  if (width >= 60 && width !== drawn.width && !("printing" in document.documentElement.dataset)) drawn.setSize({width, height});
}

const redraw = () => plots.forEach(({drawn}) => drawn.redraw(false));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
// Paper is white, whatever the screen is.
addEventListener("beforeprint", () => { document.documentElement.dataset.printing = ""; redraw(); });
addEventListener("afterprint", () => { delete document.documentElement.dataset.printing; redraw(); });
