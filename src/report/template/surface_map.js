"use strict";
// The surface from above: contours by d3-contour, the paths of the optimizers, and what is under the cursor, as one SVG.

const surfaceStyle = `
:root { --deep-0: #83b4cf; --deep-1: #b3d1dc; --deep-2: #dfe9e0; --deep-3: #f5ecd4; --deep-4: #efd6ac; --contour: #1c212638; --halo: #ffffffd9; }
:root[data-theme="dark"] { --deep-0: #0c2c42; --deep-1: #173b4d; --deep-2: #29474c; --deep-3: #434a42; --deep-4: #5c5140; --contour: #e8eaeb2b; --halo: #0d1114cc; }
.views { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); }
.views figure { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .7rem .5rem; }
.scene { position: relative; border-radius: 4px; overflow: hidden; touch-action: pan-y; user-select: none; -webkit-user-select: none; }
.scene svg, .scene canvas { display: block; width: 100%; }
.scene.turns { cursor: grab; } .scene.turns:active { cursor: grabbing; }
.scene text { fill: var(--soft); font-size: 12px; }
.scene .letter { font-weight: 700; font-size: 11px; text-anchor: middle; }
.time { display: flex; flex-wrap: wrap; gap: .5rem .9rem; align-items: center; margin: 0 0 .9rem; }
.time input { flex: 1 1 14rem; min-width: 8rem; height: 28px; accent-color: var(--accent); }
.time output { min-width: 8.5em; font-variant-numeric: tabular-nums; }
.time button { min-width: 5.5em; justify-content: center; }
.tools { display: inline-flex; gap: .25rem; }
table.ends td, table.ends th { vertical-align: top; padding-right: 1.4rem; } table.ends .name { white-space: nowrap; } table.ends .name .sample { margin-right: .5rem; }
@media (max-width: 640px) {
  table.ends thead { display: none; } table.ends tr { display: grid; grid-template-columns: auto 1fr; gap: 0 .8rem; padding: .5rem 0; border-top: 1px solid var(--line); }
  table.ends td { padding: .1rem 0; text-align: left; } table.ends td.name, table.ends td.spec { grid-column: 1 / -1; } table.ends td.name { font-weight: 600; }
  table.ends td[data-head] { display: contents; } table.ends td[data-head]::before { content: attr(data-head); color: var(--soft); }
}
@media print { .time, .tools { display: none; } }
`;

const deep = [0, 1, 2, 3, 4];
/** A colour of the heights, of a share from 0 (low) to 1 (high); `light` darkens or lightens it. */
function heightColour(stops, share, light = 0) {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1), i = Math.min(Math.floor(at), stops.length - 2), p = at - i;
  const mixed = stops[i].map((low, c) => low + (stops[i + 1][c] - low) * p).map((v) => (light < 0 ? v * (1 + light) : v + (255 - v) * light));
  return `rgb(${mixed.map(Math.round).join(",")})`;
}
/** The stops of the present theme as numbers. */
const heightStops = () => deep.map((i) => css(`--deep-${i}`)).map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));

/** What is drawn upwards: the value, or log10 of its distance from the lowest, as the program does it (Heights); low and high are those of the grid. */
function heightsOf(surface, log) {
  let low = Infinity, high = -Infinity;
  for (const v of surface.values) if (v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
  if (!(low <= high)) [low, high] = [0, 1];
  const {base, floor} = surface;
  const of = (v) => (v === null ? NaN : log ? Math.log10(v - base + floor) : v);
  const made = {log, of, low: of(low), high: of(high), lowest: low, highest: high};
  if (!(made.high > made.low)) made.high = made.low + 1;
  made.share = (v) => (of(v) - made.low) / (made.high - made.low);
  return made;
}

/** The surface between the points of its grid; NaN outside. */
function valueAt(surface, x, y) {
  const u = (x - surface.x[0]) / (surface.x[1] - surface.x[0]) * (surface.columns - 1), v = (y - surface.y[0]) / (surface.y[1] - surface.y[0]) * (surface.rows - 1);
  if (!(u >= 0 && v >= 0 && u <= surface.columns - 1 && v <= surface.rows - 1)) return NaN;
  const i = Math.min(Math.floor(u), surface.columns - 2), j = Math.min(Math.floor(v), surface.rows - 2), p = u - i, q = v - j;
  const corner = (di, dj) => surface.values[(j + dj) * surface.columns + i + di] ?? NaN;
  return (1 - q) * ((1 - p) * corner(0, 0) + p * corner(1, 0)) + q * ((1 - p) * corner(0, 1) + p * corner(1, 1));
}

/** The index of the last point of a path that is not after a step, nor after the path has left for good. */
const indexAt = (path, step) => Math.min(Math.max(0, d3.bisectRight(path.step, step) - 1), path.shown - 1);

/** 14 levels between the lowest and the highest height, the lowest one just under it. */
const levelsOf = (heights, n = 14) => Array.from({length: n}, (_, k) => heights.low + (heights.high - heights.low) * (k === 0 ? -1e-9 : k / n));

/**
 * Draws the map into `parent`. `state` has {surface, shown(i), step, log}; it is read again at update(). Returns {update(what), tell(i)}.
 */
function surfaceMap(parent, state, looks) {
  const {surface} = state, {paths} = surface;
  const home = {x: surface.x, y: surface.y};
  let view = home, width = 600, height = 460, heights = null, polygons = [], cursor = null;
  const left = () => 32 + Math.max(...ticks("y").map((v) => 7 * short(v, 4).length)), right = 12, top = 8, bottom = 38;
  const ticks = (axis) => d3.ticks(...view[axis], axis === "x" ? Math.max(2, Math.floor(width / 90)) : Math.max(2, Math.floor(height / 60)));
  const X = (x) => left() + (x - view.x[0]) / (view.x[1] - view.x[0]) * (width - left() - right);
  const Y = (y) => height - bottom - (y - view.y[0]) / (view.y[1] - view.y[0]) * (height - top - bottom);
  const scene = element("div", {class: "scene", tabindex: "0", role: "application", "aria-roledescription": t("surface.map"), "aria-label": state.words});
  const readout = element("div", {class: "readout"}), spoken = element("span", {class: "unseen", role: "status"});

  /** Rings in units of the grid become one path. */
  function outline(multipolygon, X, Y) {
    const {x, y, columns, rows} = surface;
    const gx = (u) => X(x[0] + (u - 0.5) / (columns - 1) * (x[1] - x[0])), gy = (v) => Y(y[0] + (v - 0.5) / (rows - 1) * (y[1] - y[0]));
    return multipolygon.coordinates.map((rings) => rings.map((ring) => `M${ring.map(([u, v]) => `${round1(gx(u))} ${round1(gy(v))}`).join("L")}Z`).join("")).join("");
  }

  /** A very long step is cut short, in its own direction; points nearer than half a pixel to the one before are left out. */
  function line(path, n, X, Y) {
    let d = "", px = NaN, py = NaN;
    for (let i = 0; i <= n; ++i) {
      if (path.x[i] === null || path.y[i] === null) continue;
      let x = X(path.x[i]), y = Y(path.y[i]);
      const share = 1e6 / Math.max(Math.abs(x - px), Math.abs(y - py));
      if (share < 1) [x, y] = [px + share * (x - px), py + share * (y - py)];
      if (i < n && Math.abs(x - px) < 0.5 && Math.abs(y - py) < 0.5) continue;
      d += `${d ? "L" : "M"}${round1(x)} ${round1(y)}`;
      [px, py] = [x, y];
    }
    return d;
  }
  /** A dot for each step, where steps are far enough apart to be told. */
  function dots(path, n, X, Y) {
    let d = "", px = -99, py = -99;
    for (let i = 0; i <= n && d.length < 20000; ++i) {
      const x = X(path.x[i]), y = Y(path.y[i]);
      if (!(Math.hypot(x - px, y - py) > 7) || Math.abs(x) > 4000 || Math.abs(y) > 4000) continue;
      d += `M${round1(x)} ${round1(y)}h0`;
      [px, py] = [x, y];
    }
    return d;
  }
  /** Where a path that ended outside of the picture was last seen, or null. */
  function exit(path) {
    const inside = (i) => path.x[i] >= view.x[0] && path.x[i] <= view.x[1] && path.y[i] >= view.y[0] && path.y[i] <= view.y[1];
    let i = path.shown - 1;
    if (inside(i) && path.end !== "diverged") return null;
    while (i > 0 && !inside(i)) --i;
    if (!inside(i)) return null;
    let [x, y] = [path.x[i], path.y[i]];
    if (i + 1 < path.shown) { // to the edge
      const dx = path.x[i + 1] - x, dy = path.y[i + 1] - y;
      const share = Math.min(1, ...[[dx, x, view.x], [dy, y, view.y]].map(([d, from, [low, high]]) => (d > 0 ? (high - from) / d : d < 0 ? (low - from) / d : Infinity)));
      [x, y] = [x + share * dx, y + share * dy];
    }
    return {x, y, i};
  }

  /** Everything of one path, as [tag, attributes] of SVG elements. */
  function pathParts(path, k, step, X, Y) {
    const colour = looks[k].color(), n = indexAt(path, step), last = path.shown - 1, parts = [];
    const dash = looks[k].dash.join(" ") || null, round = {"stroke-linejoin": "round", "stroke-linecap": "round", fill: "none"};
    if (n < last) parts.push(["path", {d: line(path, last, X, Y), stroke: colour, "stroke-width": 1.5, opacity: 0.3, fill: "none"}]);
    const d = line(path, n, X, Y);
    const few = paths.length <= 20; // of very many paths the lines alone are drawn, which takes half the time
    if (few) parts.push(["path", {d, stroke: css("--halo"), "stroke-width": 5, ...round}]);
    parts.push(["path", {d, stroke: colour, "stroke-width": 2.4, "stroke-dasharray": dash, ...round, "stroke-linecap": dash ? "butt" : "round"}]);
    if (few) parts.push(["path", {d: dots(path, n, X, Y), stroke: colour, "stroke-width": 4.5, ...round}]);
    if (path.ahead_x && (n < last || last <= 60)) {
      for (const i of n < last ? [n] : Array.from({length: last}, (_, j) => j)) {
        if (path.ahead_x[i] === null || path.ahead_x[i] === undefined) continue;
        const [x, y, ax, ay] = [X(path.x[i]), Y(path.y[i]), X(path.ahead_x[i]), Y(path.ahead_y[i])].map(round1);
        const nx = round1(X(path.x[i + 1])), ny = round1(Y(path.y[i + 1]));
        parts.push(["path", {d: `M${x} ${y}L${ax} ${ay}`, stroke: colour, "stroke-width": 1.6, "stroke-dasharray": "2 3", fill: "none"}]);
        if (n < last) parts.push(["path", {d: `M${ax} ${ay}L${nx} ${ny}`, stroke: css("--ink"), "stroke-width": 1.6, fill: "none"}]);
        parts.push(["circle", {cx: ax, cy: ay, r: n < last ? 4.5 : 3, fill: css("--raised"), stroke: colour, "stroke-width": 1.6}]);
      }
    }
    const gone = exit(path);
    if (gone && gone.i <= n) {
      const x = round1(Math.min(width - right - 7, Math.max(left() + 7, X(gone.x)))), y = round1(Math.min(height - bottom - 7, Math.max(top + 7, Y(gone.y)))); // the whole mark stays inside
      parts.push(["path", {d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`, stroke: css("--halo"), "stroke-width": 6, fill: "none"}]);
      parts.push(["path", {d: `M${x - 5} ${y - 5}l10 10m0 -10l-10 10`, stroke: colour, "stroke-width": 2.6, fill: "none"}]);
    } else if (path.x[n] !== null) {
      parts.push(["circle", {cx: round1(X(path.x[n])), cy: round1(Y(path.y[n])), r: 5.5, fill: colour, stroke: css("--halo"), "stroke-width": 2}]);
    }
    return parts;
  }

  function frame() {
    const parts = [], soft = css("--soft"), text = (x, y, said, anchor) => ["text", {x: round1(x), y: round1(y), "text-anchor": anchor, fill: soft, text: said}];
    for (const v of ticks("x")) parts.push(["path", {d: `M${round1(X(v))} ${height - bottom}v4`, stroke: soft}], text(X(v), height - bottom + 17, short(v, 4), "middle"));
    for (const v of ticks("y")) parts.push(["path", {d: `M${left()} ${round1(Y(v))}h-4`, stroke: soft}], text(left() - 7, Y(v) + 4, short(v, 4), "end"));
    parts.push(text((left() + width - right) / 2, height - 5, axisName("x"), "middle"));
    parts.push(["text", {x: 0, y: 0, transform: `translate(11 ${round1((height - bottom + top) / 2)}) rotate(-90)`, "text-anchor": "middle", fill: soft, text: axisName("y")}]);
    return parts;
  }
  const axisName = (axis) => (surface.slice ? t(`surface.axis.slice.${axis}`, {v: short(100 * surface.slice[`share_${axis}`])}) : axis);

  // The parts of the picture as [tag, attributes].
  function groundPicture() {
    const stops = heightStops(), n = polygons.length;
    const inside = [["rect", {x: left(), y: top, width: width - left() - right, height: height - top - bottom, fill: css("--paper")}]];
    polygons.forEach((polygon, k) => inside.push(["path", {d: outline(polygon, X, Y), fill: heightColour(stops, (k + 0.5) / n), stroke: css("--contour"), "stroke-width": 1}]));
    return inside;
  }
  function pathPicture() {
    const inside = [];
    for (const {x, y} of surface.optima) {
      const points = Array.from({length: 10}, (_, i) => { const a = Math.PI * i / 5, r = i % 2 ? 3.6 : 8.5; return `${round1(X(x) + r * Math.sin(a))} ${round1(Y(y) - r * Math.cos(a))}`; });
      inside.push(["path", {d: `M${points.join("L")}Z`, fill: css("--ink"), stroke: css("--halo"), "stroke-width": 2, "paint-order": "stroke"}]);
    }
    for (let k = paths.length; k-- > 0;) if (state.shown(k)) inside.push(...pathParts(paths[k], k, state.step, X, Y));
    if (paths.length) inside.push(["circle", {cx: round1(X(paths[0].x[0])), cy: round1(Y(paths[0].y[0])), r: 6.5, fill: "none", stroke: css("--ink"), "stroke-width": 2}]);
    return inside;
  }

  const make = ([tag, {text, ...attributes}]) => element(tag, attributes, text ?? null);
  const clipId = `map${++clipIds}`;
  const clip = () => element("clipPath", {id: clipId}, element("rect", {x: left(), y: top, width: width - left() - right, height: height - top - bottom}));
  const svg = element("svg", {"aria-hidden": "true"}), ground = element("g", {"clip-path": `url(#${clipId})`}), moving = element("g", {"clip-path": `url(#${clipId})`}), pointer = element("g", {"clip-path": `url(#${clipId})`});
  scene.append(svg);

  function contour() {
    heights = heightsOf(surface, state.log);
    const grid = surface.values.map(heights.of);
    polygons = d3.contours().size([surface.columns, surface.rows]).thresholds(levelsOf(heights))(grid);
  }
  function draw() {
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("height", height);
    ground.replaceChildren(...groundPicture().map(make));
    svg.replaceChildren(element("defs", {}, clip()), ground, moving, pointer, element("g", {}, frame().map(make)));
    drawPaths();
  }
  function drawPaths() {
    moving.replaceChildren(...pathPicture().map(make));
    point();
  }

  /** The nearest point of a shown path within 18 pixels. */
  function pathPoint(px, py) {
    let found = null, nearest = 18;
    paths.forEach((path, k) => {
      if (!state.shown(k)) return;
      const n = indexAt(path, state.step);
      for (let i = 0; i <= n; ++i) {
        const distance = Math.hypot(X(path.x[i]) - px, Y(path.y[i]) - py);
        if (distance < nearest) { nearest = distance; found = {k, i}; }
      }
    });
    return found;
  }
  function point() {
    pointer.replaceChildren();
    if (!cursor) { readout.replaceChildren(element("span", {}, t("surface.map.hint"))); return ""; }
    const px = X(cursor.x), py = Y(cursor.y), hit = pathPoint(px, py);
    pointer.append(element("path", {d: `M${round1(px)} ${top}V${height - bottom}M${left()} ${round1(py)}H${width - right}`, stroke: css("--ink"), "stroke-opacity": 0.45, "stroke-dasharray": "3 3", fill: "none"}));
    const said = [element("span", {}, `${surface.slice ? "(" : ""}x ${short(cursor.x, 4)}, y ${short(cursor.y, 4)}${surface.slice ? ")" : ""}`), element("span", {}, `${t(surface.slice ? "surface.loss" : "surface.f")} ≈ ${short(valueAt(surface, cursor.x, cursor.y), 4)}`)];
    if (hit) {
      const path = paths[hit.k];
      pointer.append(element("circle", {cx: X(path.x[hit.i]), cy: Y(path.y[hit.i]), r: 8, fill: "none", stroke: looks[hit.k].color(), "stroke-width": 2}));
      said.push(element("span", {}, sample(looks[hit.k]), element("b", {}, ` ${path.label} `), t("surface.at_step", {step: path.step[hit.i], x: short(path.x[hit.i], 4), y: short(path.y[hit.i], 4), f: short(path.value[hit.i], 4)})));
    }
    readout.replaceChildren(...said);
    return said.map((s) => s.textContent.trim()).join(", ");
  }

  // ---- zoom, with the picture's own size as the limit
  const back = element("button", {type: "button", class: "back", hidden: true, onclick: () => { look_at(home); scene.focus(); }}, t("page.plot.reset"));
  function look_at(next) {
    view = next;
    back.hidden = view === home;
    draw();
  }
  function within([low, high], [least, most]) {
    const size = Math.min(Math.max(high - low, (most - least) / 2000), most - least), from = Math.min(Math.max(low, least), most - size);
    return [from, from + size];
  }
  function zoom(factor, x = (view.x[0] + view.x[1]) / 2, y = (view.y[0] + view.y[1]) / 2) {
    const part = (range, at) => [at - (at - range[0]) * factor, at + (range[1] - at) * factor];
    const next = {x: within(part(view.x, x), home.x), y: within(part(view.y, y), home.y)};
    look_at(next.x[1] - next.x[0] >= (home.x[1] - home.x[0]) * 0.999 && next.y[1] - next.y[0] >= (home.y[1] - home.y[0]) * 0.999 ? home : next);
  }
  const shift = (dx, dy) => view !== home && look_at({x: within(view.x.map((v) => v + dx), home.x), y: within(view.y.map((v) => v + dy), home.y)});

  // ---- pointer and keyboard
  const place = (event) => {
    const box = svg.getBoundingClientRect(), px = (event.clientX - box.left) * width / box.width, py = (event.clientY - box.top) * height / box.height;
    return {px, py, x: view.x[0] + (px - left()) / (width - left() - right) * (view.x[1] - view.x[0]), y: view.y[0] + (height - bottom - py) / (height - top - bottom) * (view.y[1] - view.y[0])};
  };
  let dragged = null;
  scene.addEventListener("pointermove", (event) => {
    const at = place(event);
    if (dragged && view !== home) { shift(dragged.x - at.x, dragged.y - at.y); dragged = place(event); return; }
    const outside = at.px < left() || at.px > width - right || at.py < top || at.py > height - bottom;
    cursor = outside ? null : {x: at.x, y: at.y};
    point();
  });
  scene.addEventListener("pointerdown", (event) => { dragged = place(event); if (event.pointerType === "mouse") scene.setPointerCapture(event.pointerId); });
  for (const name of ["pointerup", "pointercancel"]) scene.addEventListener(name, () => { dragged = null; });
  scene.addEventListener("pointerleave", () => { if (document.activeElement !== scene) { cursor = null; point(); } });
  scene.addEventListener("dblclick", () => look_at(home));
  scene.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // the wheel alone moves the page
    event.preventDefault();
    const at = place(event);
    zoom(event.deltaY < 0 ? 0.8 : 1.25, at.x, at.y);
  }, {passive: false});
  scene.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (by) {
      const [dx, dy] = [by[0] * (view.x[1] - view.x[0]) / 40, by[1] * (view.y[1] - view.y[0]) / 40];
      if (event.shiftKey) shift(5 * dx, 5 * dy);
      else {
        const limit = (v, [low, high]) => Math.min(high, Math.max(low, v));
        const from = cursor ?? {x: (view.x[0] + view.x[1]) / 2, y: (view.y[0] + view.y[1]) / 2};
        cursor = {x: limit(from.x + dx, view.x), y: limit(from.y + dy, view.y)};
        spoken.textContent = point();
      }
    } else if (event.key === "+" || event.key === "=") zoom(0.7, cursor?.x, cursor?.y);
    else if (event.key === "-") zoom(1 / 0.7, cursor?.x, cursor?.y);
    else if (event.key === "0") look_at(home);
    else if (event.key === "Escape") { cursor = null; point(); }
    else return;
    event.preventDefault();
  });
  scene.addEventListener("blur", () => { cursor = null; point(); });

  // ---- files
  function svgText() {
    const inside = [...groundPicture(), ...pathPicture()], attributes = (all) => Object.entries(all).filter(([name, v]) => name !== "text" && v !== null).map(([name, v]) => ` ${name}="${xml(v)}"`).join("");
    const write = ([tag, all]) => `<${tag}${attributes(all)}${all.text ? `>${xml(all.text)}</${tag}>` : "/>"}`;
    const legend = paths.map((path, k) => ({path, k})).filter(({k}) => state.shown(k)), rows = [];
    let at = left(), row = 0;
    for (const {path, k} of legend) {
      const needed = 48 + textWidth(path.spec);
      if (at > left() && at + needed > width) { at = left(); ++row; }
      const y = height + 14 + 19 * row;
      rows.push(`<path d="M${round1(at)} ${y - 4}h28" stroke="${looks[k].color()}" stroke-width="2.6"${looks[k].dash.length ? ` stroke-dasharray="${looks[k].dash.join(" ")}"` : ""}/><text x="${round1(at) + 34}" y="${y}" fill="${css("--ink")}">${xml(path.spec)}</text>`);
      at += needed;
    }
    const whole = legend.length ? height + 24 + 19 * row : height;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${whole}" viewBox="0 0 ${width} ${whole}" role="img" font-family="${xml(css("--font"))}" font-size="12"><title>${xml(state.words)}</title><rect width="100%" height="100%" fill="${css("--raised")}"/>` +
      `<clipPath id="inside"><rect x="${left()}" y="${top}" width="${width - left() - right}" height="${height - top - bottom}"/></clipPath><g clip-path="url(#inside)">${inside.map(write).join("")}</g>${frame().map(write).join("")}${rows.join("")}</svg>\n`;
  }
  const table = () => ({columns: ["x", "y", surface.slice ? "loss" : "f"], rows: surface.values.map((v, n) => [
    surface.x[0] + (n % surface.columns) / (surface.columns - 1) * (surface.x[1] - surface.x[0]), surface.y[0] + Math.floor(n / surface.columns) / (surface.rows - 1) * (surface.y[1] - surface.y[0]), v])});
  const key = (sign, name, act) => element("button", {type: "button", "aria-label": name, title: name, onclick: act}, sign);
  parent.append(element("figure", {}, element("figcaption", {}, element("span", {}, t("surface.map")), back,
    element("span", {class: "tools", style: "flex: none"}, key("+", t("surface.closer"), () => zoom(0.7)), key("−", t("surface.farther"), () => zoom(1 / 0.7))),
    saveMenu({name: t("surface.map"), svg: svgText, table})), scene, readout, spoken));

  function resize() {
    const wide = Math.round(scene.clientWidth);
    if (wide < 60 || (wide === width && polygons.length)) return;
    width = wide;
    height = Math.round(Math.min(Math.max(0.78 * wide, 260), 620));
    if (!polygons.length) contour();
    draw();
  }
  new ResizeObserver(resize).observe(scene);
  resize();
  alive({redraw: draw, print: draw});
  return {update: (what) => { if (what === "heights") { contour(); draw(); } else drawPaths(); }};
}
