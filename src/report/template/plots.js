"use strict";
// Plots of lines: uPlot draws them; this file gives them logarithmic axes, colours of the page, zoom, keyboard, values at the cursor, saving,
// a table, and a text for those who cannot see them.

/** A number on a scale: its logarithm where the scale is logarithmic. What has none stands at the lower end. */
const toScale = (scale, v) => (v === null || v === undefined || Number.isNaN(v) ? null : !scale.log ? v : v > 0 ? Math.log10(v) : scale.home[0]);
const fromScale = (scale, v) => (scale.log ? 10 ** v : v);
/** A value of a scale in words. */
const told = (scale, v) => (scale.format ? scale.format(v) : short(v, 4));

/** Round numbers of a linear scale, about `room` of them; whole ones where it counts. */
function roundTicks(low, high, room, whole = false) {
  const rough = Math.max((high - low) / Math.max(room, 1), whole ? 1 : 0);
  if (!(rough > 0) || !Number.isFinite(rough)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((s) => s * power >= rough * 0.999) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step && ticks.length < 50; ++i) ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** The same of a logarithmic scale, whose low and high are logarithms already. */
function logTicks(low, high, room) {
  for (const steps of high - low > 20 ? [] : [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let decade = Math.floor(low); decade <= high; ++decade)
      for (const step of steps) ticks.push(decade + Math.log10(step));
    const inside = ticks.filter((v) => v >= low - 1e-9 && v <= high + 1e-9);
    if (inside.length < 3 && steps.length === 9) return roundTicks(10 ** low, 10 ** high, Math.min(room, 5)).filter((v) => v > 0).map(Math.log10);
    if (inside.length <= room) return inside;
  }
  return roundTicks(low, high, room, true);
}

const ticksOf = (scale, low, high, room) => (scale.log ? logTicks(low, high, room) : roundTicks(low, high, room, scale.whole));
/** The texts of ticks, with as many digits as it takes to tell them apart. */
function tickTexts(scale, ticks) {
  if (scale.tick) return ticks.map(scale.tick);
  for (let digits = scale.log ? 3 : 6; ; ++digits) {
    const texts = ticks.map((v) => short(scale.log ? 10 ** v : v, digits));
    if (digits >= 12 || new Set(texts).size === ticks.length) return texts;
  }
}

/** Low and high, in the units of the scale, of what is known of `numbers`, with some air. On a logarithmic scale, what lies `decades` above the lowest does not stretch it. */
function span(numbers, {log = false, air = 0.05, decades = Infinity} = {}) {
  let low = Infinity, high = -Infinity;
  const known = numbers.filter((v) => Number.isFinite(v) && (!log || v > 0)).map((v) => (log ? Math.log10(v) : v));
  for (const v of known) low = Math.min(low, v);
  for (const v of known) if (v <= low + decades) high = Math.max(high, v);
  if (low > high) [low, high] = log ? [-1, 1] : [0, 1];
  // A span may be wider than the largest number.
  const extra = high / 2 - low / 2 > 0 ? (high / 2 - low / 2) * 2 * air : (Math.abs(high) || 1) * (log ? 0.02 : air);
  const wide = [low - extra, high + extra].map((v) => Math.max(-8e307, Math.min(8e307, v)));
  return log ? wide.map((v) => 10 ** Math.max(-323, Math.min(308, v))) : wide;
}

/** The index of `v` in ascending numbers, or of the nearest one. */
function nearestIndex(numbers, v) {
  let low = 0, high = numbers.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle] <= v) low = middle; else high = middle;
  }
  return high < 0 ? -1 : Math.abs(numbers[low] - v) <= Math.abs(numbers[high] - v) ? low : high;
}

const setHome = (scale) => { scale.home = [scale.low, scale.high].map((v) => (scale.log ? Math.log10(v) : v)); };
/** Crosses at the same place stand one under the other. */
function stacked(crosses, X) {
  const taken = new Map();
  return crosses.map((cross) => {
    const px = X(cross.at), place = Math.round(px / 8), level = taken.get(place) ?? 0;
    taken.set(place, level + 1);
    return {...cross, px, level: level % 12};
  });
}
const sameNumbers = (a, b) => a === b || (a.length === b.length && a.every((v, i) => v === b[i]));

/**
 * Draws a plot into `parent` and returns {show(i, on), focus(i or null), reset(), element}.
 * - name: of saved files; caption: what y is; text: the plot in words; height in pixels; nearest: the cursor finds points, not columns;
 *   compact: without hints; best: "low" or "high", how the values at the cursor are sorted; table(): {columns, rows} instead of that of the lines
 * - lines: {label, x, y, look, dash, width, marks, chosen: index of the filled mark, hidden, notes: {index: text}}; x ascends, null is a gap
 * - x, y: {title, log, low, high, whole, format(v), tick(v)}; y.clip: what is above stands at the upper edge as a triangle;
 *   y.fit(values) instead of y.low and y.high: [low, high] for the values of the lines that are shown
 * - crosses: {at: x, look, label, text}: something that has no value, such as a run that diverged, marked at the upper edge
 * - bands: {x, low, high, look, line: index of the line that it comes and goes with, alpha}
 */
function plot(parent, options) {
  const {name, caption, text, height = 380, lines, x, y, crosses = [], bands = [], nearest = false, compact = false, best = null} = options;
  for (const [scale, values] of [[x, lines.map((l) => l.x)], [y, lines.map((l) => l.y)]]) {
    if (scale.low === undefined && !scale.fit) [scale.low, scale.high] = span(values.flat(), {log: scale.log});
    if (!scale.fit) setHome(scale);
  }
  /** Where the y axis follows the lines that are shown. */
  function fit() {
    [y.low, y.high] = y.fit(lines.filter((line, i) => (u ? shown(i) : !line.hidden)).flatMap((line) => line.y));
    setHome(y);
  }
  let u = null;
  if (y.fit) fit();
  const view = {x: x.home, y: y.home};
  const points = lines.map((line) => ({x: line.x.map((v) => toScale(x, v)), y: line.y.map((v) => { const at = toScale(y, v); return y.clip && at !== null ? Math.min(at, y.home[1]) : at; })}));
  const tables = [...points.map((p) => [p.x, p.y]), ...bands.flatMap((b) => ["high", "low"].map((side) => [b.x.map((v) => toScale(x, v)), b[side].map((v) => toScale(y, v))]))];
  const data = !tables.length ? [[], []] : tables.every((one) => sameNumbers(one[0], tables[0][0])) ? [tables[0][0], ...tables.map((one) => one[1])] : uPlot.join(tables);
  const dashOf = (line) => line.dash ?? line.look.dash;
  const series = lines.map((line) => ({
    label: line.label, scale: "y", spanGaps: true, show: !line.hidden, stroke: line.look.color, width: line.width ?? 2, dash: dashOf(line),
    points: {show: Boolean(line.marks) || line.x.length === 1, size: 6, stroke: line.look.color, fill: () => css("--raised")},
  }));
  for (let i = 0; i < 2 * bands.length; ++i) series.push({scale: "y", show: !lines[bands[i >> 1].line]?.hidden, stroke: "transparent", width: 0, points: {show: false}, spanGaps: true});

  const at = {line: null, index: null, column: null}; // what the cursor is at: a line and its point, or a column
  const shown = (i) => u.series[i + 1].show;
  const place = (i, j) => ({left: u.valToPos(points[i].x[j], "x"), top: u.valToPos(points[i].y[j], "y")});

  /** The shown point that is nearest to a place of the plot. */
  function nearestPoint(left, top) {
    const found = {line: null, index: null, distance: 40};
    points.forEach((p, i) => {
      if (!shown(i) || !p.x.length) return;
      const middle = nearestIndex(p.x, u.posToVal(left, "x"));
      for (let j = Math.max(0, middle - 3); j <= Math.min(p.x.length - 1, middle + 3); ++j) {
        if (p.y[j] === null) continue;
        const to = place(i, j), distance = Math.hypot(to.left - left, to.top - top);
        if (distance < found.distance) Object.assign(found, {line: i, index: j, distance});
      }
    });
    return found;
  }

  // ---- what stands around the canvas
  const readout = element("div", {class: "readout" + (compact ? " compact" : "")}), spoken = element("span", {class: "unseen", role: "status"});
  const beyond = element("span", {class: "beyond"});
  /** Names the lines of which nothing can be seen. */
  function tellBeyond() {
    const names = lines.filter((line, i) => shown(i) && points[i].y.some((v) => v !== null) && points[i].y.every((v) => v === null || v > y.home[1])).map((line) => line.label);
    beyond.textContent = names.length ? t("page.plot.beyond", {names: names.join(", ")}) : "";
  }
  const value = (i, j) => told(y, lines[i].y[j]) + (lines[i].notes?.[j] ? ` (${lines[i].notes[j]})` : "");
  function tell() {
    const said = [];
    if (nearest && at.line !== null) {
      said.push(element("span", {}, sample(lines[at.line].look), element("b", {}, lines[at.line].label)), element("span", {}, `${x.title} ${told(x, lines[at.line].x[at.index])}`), element("span", {}, `${y.title ?? caption} ${value(at.line, at.index)}`));
    } else if (!nearest && at.column !== null) {
      const here = points.map((p, i) => ({i, j: nearestIndex(p.x, data[0][at.column])})).filter(({i, j}) => shown(i) && j >= 0 && points[i].x[j] === data[0][at.column] && points[i].y[j] !== null);
      if (best) here.sort((a, b) => (best === "low" ? 1 : -1) * (lines[a.i].y[a.j] - lines[b.i].y[b.j]));
      said.push(element("b", {}, `${x.title} ${told(x, fromScale(x, data[0][at.column]))}`));
      for (const {i, j} of here.slice(0, 16)) said.push(element("span", {class: at.line === i ? "at" : null}, compact && lines.length === 1 ? null : sample({...lines[i].look, dash: dashOf(lines[i])}), ` ${lines[i].label} ${value(i, j)}`));
      if (here.length > 16) said.push(element("span", {}, t("page.more", {n: here.length - 16})));
    } else if (!compact) {
      said.push(element("span", {}, t("page.plot.hint")));
    }
    readout.replaceChildren(...said);
    return at.line !== null && at.column !== null && !nearest ? `${lines[at.line].label}, ${said[0].textContent}: ${told(y, lines[at.line].y[nearestIndex(points[at.line].x, data[0][at.column])])}` : said.map((s) => s.textContent.trim()).join(", ");
  }

  // ---- zoom
  const back = element("button", {type: "button", class: "back", hidden: true, onclick: () => { reset(); box.focus(); }}, t("page.plot.reset"));
  function look_at(newX, newY) {
    view.x = newX; view.y = newY;
    back.hidden = view.x === x.home && view.y === y.home;
    u.batch(() => { u.setScale("x", {min: view.x[0], max: view.x[1]}); u.setScale("y", {min: view.y[0], max: view.y[1]}); });
  }
  const reset = () => look_at(x.home, y.home);
  /** Part of a scale, kept inside of the whole; the whole itself where nothing is left out. */
  function within([low, high], scale) {
    const [least, most] = scale.home, width = Math.max(high - low, (most - least) * 1e-9);
    if (width >= (most - least) * 0.999) return scale.home;
    const from = Math.min(Math.max(low, least), most - width);
    return [from, from + width];
  }
  function zoom(factor, left = u.over.clientWidth / 2, top = u.over.clientHeight / 2) {
    const part = (range, fraction) => { const width = (range[1] - range[0]) * factor, middle = range[0] + (range[1] - range[0]) * fraction; return [middle - width * fraction, middle + width * (1 - fraction)]; };
    look_at(within(part(view.x, left / u.over.clientWidth), x), within(part(view.y, 1 - top / u.over.clientHeight), y));
  }
  function move(right, up) {
    const by = (range, share) => range.map((v) => v + (range[1] - range[0]) * share);
    look_at(view.x === x.home ? x.home : within(by(view.x, right), x), view.y === y.home ? y.home : within(by(view.y, up), y));
  }

  // ---- keyboard
  /** Another column, or another point of the line. */
  function step(by, whole = false) {
    const line = nearest ? at.line ?? lines.findIndex((_, i) => shown(i) && points[i].y.some((v) => v !== null)) : null;
    if (line === -1) return;
    const known = nearest ? points[line].y.map((v, j) => (v === null ? -1 : j)).filter((j) => j >= 0) : data[0];
    const last = known.length - 1, now = nearest ? known.indexOf(at.index) : at.column ?? -1;
    const next = whole ? (by > 0 ? last : 0) : now < 0 ? (by > 0 ? 0 : last) : Math.min(last, Math.max(0, now + by));
    if (last < 0) return;
    nearest ? go(line, known[next]) : go(at.line, null, next);
  }
  function otherLine(by) {
    const able = lines.map((_, i) => i).filter((i) => shown(i) && points[i].y.some((v) => v !== null));
    if (!able.length) return;
    const next = able[(able.indexOf(at.line) + by + able.length + (at.line === null && by < 0 ? 1 : 0)) % able.length];
    highlight(next);
    nearest ? go(next, points[next].y.findIndex((v) => v !== null)) : go(next, null, at.column ?? data[0].length - 1);
  }
  /** Puts the cursor on a point (`nearest`) or on a column, and says what is there. */
  function go(line, index, column = null) {
    Object.assign(at, {line, index, column});
    const left = u.valToPos(nearest ? points[line].x[index] : data[0][column], "x"), top = nearest ? place(line, index).top : u.over.clientHeight / 2;
    if (left < 0 || left > u.over.clientWidth) look_at(within(view.x.map((v) => v + (nearest ? points[line].x[index] : data[0][column]) - (view.x[0] + view.x[1]) / 2), x), view.y);
    steered = true;
    u.setCursor({left: Math.min(u.over.clientWidth, Math.max(0, left)), top: Math.min(u.over.clientHeight, Math.max(0, top))});
    steered = false;
    spoken.textContent = tell();
  }
  let steered = false;
  const highlight = (i) => u.setSeries(i === null ? null : i + 1, {focus: true});
  const leave = () => { Object.assign(at, {line: null, index: null, column: null}); highlight(null); u.setCursor({left: -10, top: -10}); tell(); };
  const page10 = () => Math.max(1, Math.round(data[0].length / 10));
  const keys = {
    ArrowLeft: (e) => (e.shiftKey ? move(-0.2, 0) : step(-1)), ArrowRight: (e) => (e.shiftKey ? move(0.2, 0) : step(1)),
    ArrowUp: (e) => (e.shiftKey ? move(0, 0.2) : otherLine(-1)), ArrowDown: (e) => (e.shiftKey ? move(0, -0.2) : otherLine(1)),
    PageUp: () => step(-page10()), PageDown: () => step(page10()), Home: () => step(-1, true), End: () => step(1, true),
    "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7), "0": reset, Escape: () => (view.x === x.home && view.y === y.home ? leave() : reset()),
  };
  const box = element("div", {class: "canvas", tabindex: "0", role: "application", "aria-roledescription": t("page.plot"), "aria-label": text,
    onkeydown: (event) => { if (keys[event.key] && !event.ctrlKey && !event.metaKey && !event.altKey) { keys[event.key](event); event.preventDefault(); } },
    onblur: leave});

  // ---- the drawing
  function marks() {
    const {ctx, bbox} = u, ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath(); ctx.rect(bbox.left - 6 * ratio, bbox.top - 6 * ratio, bbox.width + 12 * ratio, bbox.height + 12 * ratio); ctx.clip();
    for (const {px, level, look: {color}} of stacked(crosses.filter((c) => c.line === undefined || shown(c.line)), (v) => u.valToPos(toScale(x, v), "x"))) {
      const cx = bbox.left + px * ratio, cy = bbox.top + (7 + 10 * level) * ratio, r = 4 * ratio;
      ctx.strokeStyle = color(); ctx.lineWidth = 2 * ratio; ctx.beginPath();
      ctx.moveTo(cx - r, cy - r); ctx.lineTo(cx + r, cy + r); ctx.moveTo(cx - r, cy + r); ctx.lineTo(cx + r, cy - r); ctx.stroke();
    }
    lines.forEach((line, i) => {
      if (!shown(i)) return;
      ctx.fillStyle = line.look.color();
      const dot = (j) => [u.valToPos(points[i].x[j], "x", true), u.valToPos(points[i].y[j], "y", true)];
      if (line.chosen !== undefined && line.chosen !== null && points[i].y[line.chosen] !== null) { ctx.beginPath(); ctx.arc(...dot(line.chosen), 5 * ratio, 0, 7); ctx.fill(); }
      if (y.clip) points[i].y.forEach((v, j) => {
        if (v === null || !(toScale(y, line.y[j]) > v)) return;
        const [cx, cy] = dot(j), r = 5 * ratio;
        ctx.beginPath(); ctx.moveTo(cx, cy - r); ctx.lineTo(cx + r, cy + r); ctx.lineTo(cx - r, cy + r); ctx.fill();
      });
    });
    ctx.restore();
  }
  const axis = (scale, vertical) => ({
    side: vertical ? 3 : 2, scale: vertical ? "y" : "x", stroke: () => css("--soft"), font: `12px ${css("--font")}`, gap: 4, grid: {stroke: () => css("--grid"), width: 1}, ticks: {show: false},
    size: vertical ? (_, texts) => 12 + 7 * Math.max(2, ...(texts ?? []).map((s) => s.length)) : 24,
    ...(vertical ? {} : {label: scale.title, labelSize: 18, labelGap: 0, labelFont: `12px ${css("--font")}`}),
    splits: (_, i, low, high) => ticksOf(scale, low, high, roomFor(scale, vertical ? plotHeight() : plotWidth(), vertical)),
    values: (_, ticks) => tickTexts(scale, ticks),
  });
  const plotWidth = () => u?.over.clientWidth || box.clientWidth - 60, plotHeight = () => u?.over.clientHeight || height - 60;
  u = new uPlot({
    width: Math.max(120, parent.clientWidth), height, legend: {show: false}, padding: [10, 14, 0, 0], pxAlign: 1,
    scales: {x: {time: false, range: () => view.x}, y: {range: () => view.y}}, axes: [axis(x, false), axis(y, true)], series: [{scale: "x"}, ...series],
    bands: bands.map((band, i) => ({series: [lines.length + 2 * i + 1, lines.length + 2 * i + 2], fill: () => band.look.color() + Math.round(255 * (band.alpha ?? 0.2)).toString(16).padStart(2, "0")})),
    cursor: {y: false, x: !nearest, drag: {x: true, y: true, uni: 24, dist: 4, setScale: false}, points: {size: 8, fill: (_, i) => lines[i - 1]?.look.color() ?? "transparent"}, bind: {dblclick: () => () => { reset(); }},
      dataIdx: (_, i, column) => (i === 0 || !nearest ? column : i - 1 === at.line ? nearestIndex(data[0], points[at.line].x[at.index]) : null)},
    focus: {alpha: 0.2},
    hooks: {
      draw: [() => marks()],
      setCursor: [() => {
        if (steered) return;
        const {left, top, idx} = u.cursor, outside = left < 0 || idx === null || idx === undefined;
        const point = outside ? {line: null, index: null} : nearestPoint(left, top);
        if (nearest && point.line !== at.line && !outside) highlight(point.line);
        Object.assign(at, {line: nearest ? point.line : null, index: nearest ? point.index : null, column: outside ? null : idx});
        tell();
      }],
      setSelect: [() => {
        const {left, top, width, height: tall} = u.select;
        if (width < 4 && tall < 4) return;
        const part = (from, to, scale) => [u.posToVal(from, scale), u.posToVal(to, scale)];
        u.setSelect({left: 0, top: 0, width: 0, height: 0}, false);
        look_at(within(part(left, left + width, "x"), x), within(part(top + tall, top, "y"), y));
      }],
    },
  }, data, box);
  u.over.addEventListener("mouseleave", () => { if (document.activeElement !== box || at.column === null) leave(); });
  u.over.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone moves the page
    event.preventDefault();
    zoom(event.deltaY < 0 ? 0.8 : 1.25, event.offsetX, event.offsetY);
  }, {passive: false});
  tell();
  tellBeyond();

  const table = options.table ?? (() => linesTable(x, y, lines, shown));
  const state = {options: {...options, height}, lines, points, crosses, bands, x, y, view, shown, dashOf};
  const figure = element("figure", {class: compact ? "compact" : null}, element("figcaption", {}, element("span", {}, caption), back, saveMenu({name, svg: () => svgOf(state), table})), beyond, box, readout, spoken, compact ? null : tableView(table, caption));
  parent.append(figure);
  const resize = () => { if (box.clientWidth >= 60 && box.clientWidth !== u.width) u.setSize({width: box.clientWidth, height}); };
  new ResizeObserver(resize).observe(box);
  resize();
  let paper = null;
  alive({
    redraw: () => u.redraw(false), destroy: () => u.destroy(), plot: u,
    // Paper gets lines, not pixels.
    print: (on) => {
      if (on) box.after(paper = new DOMParser().parseFromString(svgOf(state, {width: compact ? 300 : 760}), "image/svg+xml").documentElement);
      else paper?.remove();
      box.hidden = on;
    },
  });
  return {element: figure, reset, focus: highlight, show: (i, on) => {
    if (shown(i) === on) return;
    u.setSeries(i + 1, {show: on});
    bands.forEach((band, k) => { if (band.line === i) for (const side of [1, 2]) u.setSeries(lines.length + 2 * k + side, {show: on}); });
    if (y.fit) { fit(); reset(); }
    tellBeyond();
  }};
}

const roomFor = (scale, size, vertical) => Math.max(2, Math.floor(size / (vertical ? 28 : scale.log ? 58 : 52)));

/** All points of the lines: one row for each x where they share it, one row for each point where they do not. */
function linesTable(x, y, lines, shown) {
  const some = lines.filter((_, i) => shown(i));
  if (some.length && some.every((line) => sameNumbers(line.x, some[0].x)))
    return {columns: [x.title, ...some.map((line) => line.label)], rows: some[0].x.map((v, j) => [v, ...some.map((line) => line.y[j])])};
  return {columns: [t("page.line"), x.title, y.title ?? "y"], rows: some.flatMap((line) => line.x.map((v, j) => [line.label, v, line.y[j]]))};
}

/** Buttons that show and hide the lines of plots and make them stand out; `plots()` are those of plot(). */
function lineButtons(title, names, looks, plots, isShown, toggle) {
  const focus = (i) => plots().forEach((p) => p.focus(i));
  const buttons = names.map((name, i) => element("button", {type: "button", "aria-pressed": String(isShown(i)), onclick: () => toggle(i),
    onmouseenter: () => isShown(i) && focus(i), onmouseleave: () => focus(null), onfocus: () => isShown(i) && focus(i), onblur: () => focus(null)}, sample(looks[i]), name));
  return {element: element("fieldset", {class: "chips"}, element("legend", {}, title), ...buttons), update: () => buttons.forEach((b, i) => b.setAttribute("aria-pressed", String(isShown(i))))};
}
