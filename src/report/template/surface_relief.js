"use strict";
// The surface from the side: a mesh that turns. It is painted from the far end to the near one, which is exact for a
// height field, on a plain canvas: this needs no WebGL, which a browser may lack, and the same painter writes SVG.

/** Draws the relief into `parent`; `state` as for surfaceMap(). Returns {update(what)}. */
function surfaceRelief(parent, state, looks) {
  const {surface} = state, {paths} = surface;
  const side = 96; // cells along each side of the mesh
  let yaw = -0.65, pitch = 0.58, scale = 1, width = 600, height = 460, mesh = null, heights = null, shown = surface;
  const scene = element("div", {class: "scene turns", tabindex: "0", role: "application", "aria-roledescription": t("surface.relief"), "aria-label": state.words});
  const canvas = element("canvas"), readout = element("div", {class: "readout"}), spoken = element("span", {class: "unseen", role: "status"});
  scene.append(canvas);

  /** The surface that is shown: on a logarithmic scale each point takes its neighbours into account, or a narrow valley would look like a saw where the grid meets its floor here and there. */
  function smoothed() {
    if (!state.log) return surface;
    const {columns, rows, values} = surface, made = values.slice();
    for (let j = 1; j + 1 < rows; ++j) for (let i = 1; i + 1 < columns; ++i) {
      let sum = 0;
      for (const [dj, wj] of [[-1, 1], [0, 2], [1, 1]]) for (const [di, wi] of [[-1, 1], [0, 2], [1, 1]]) sum += wi * wj * (values[(j + dj) * columns + i + di] ?? NaN);
      if (!Number.isNaN(sum)) made[j * columns + i] = sum / 16;
    }
    return {...surface, values: made};
  }
  /** Heights at the corners of the mesh, from 0 to 1; NaN where there is none. */
  function sampleMesh() {
    heights = heightsOf(surface, state.log);
    shown = smoothed();
    mesh = new Float64Array((side + 1) * (side + 1));
    for (let j = 0; j <= side; ++j) for (let i = 0; i <= side; ++i) mesh[j * (side + 1) + i] = heightAt(i / side, j / side);
  }
  /** At shares of width and depth. */
  const heightAt = (u, v) => {
    const at = valueAt(shown, surface.x[0] + u * (surface.x[1] - surface.x[0]), surface.y[0] + v * (surface.y[1] - surface.y[0]));
    return Number.isNaN(at) ? NaN : Math.min(1, Math.max(0, heights.share(at)));
  };

  /** Pieces of the paths up to the present step, each not longer than a cell, with the cell that they lie over. */
  function pathPieces() {
    const cells = new Map(), ends = [];
    paths.forEach((path, k) => {
      if (!state.shown(k)) return;
      const n = indexAt(path, state.step), share = (v, [low, high]) => (v - low) / (high - low);
      let way = 0, last = null, u0 = share(path.x[0], surface.x), v0 = share(path.y[0], surface.y);
      for (let i = 0; i < n; ++i) {
        const u1 = share(path.x[i + 1], surface.x), v1 = share(path.y[i + 1], surface.y), length = Math.hypot(u1 - u0, v1 - v0);
        if (length < 0.002 && i + 1 < n) continue; // a pixel
        const [ua, va] = [u0, v0];
        [u0, v0] = [u1, v1];
        if (!(length < 50)) continue;
        const pieces = Math.max(1, Math.ceil(length * side * 1.5));
        for (let p = 0; p < pieces; ++p) {
          const at = (q) => [ua + (u1 - ua) * q / pieces, va + (v1 - va) * q / pieces], [a, b] = [at(p), at(p + 1)];
          const u = (a[0] + b[0]) / 2, v = (a[1] + b[1]) / 2;
          if (u < 0 || v < 0 || u > 1 || v > 1) continue;
          const cell = Math.min(side - 1, Math.floor(v * side)) * side + Math.min(side - 1, Math.floor(u * side));
          if (!cells.has(cell)) cells.set(cell, []);
          cells.get(cell).push({k, a, b, way});
          way += length / pieces * 420; // in pixels, about, for the dashes
          last = b;
        }
      }
      last ??= [share(path.x[0], surface.x), share(path.y[0], surface.y)];
      if (last.every((v) => v >= 0 && v <= 1)) ends.push({k, at: last});
    });
    return {cells, ends};
  }

  /** Paints with a pen: {fill(points, colour), line(points, colour, width, dash, offset), dot(point, radius, colour, edge), text(point, said, anchor)}. */
  function paint(pen, coarse = 1) {
    const stops = heightStops(), cosine = Math.cos(yaw), sine = Math.sin(yaw), tilt = Math.sin(pitch), rise = Math.cos(pitch);
    const high = 0.55, unit = scale * Math.min((width - 50) / 1.42, (height - 44) / (1.42 * tilt + high * rise));
    const project = (u, v, h) => {
      const x = u - 0.5, y = v - 0.5, across = x * cosine - y * sine, deep = x * sine + y * cosine;
      return [width / 2 + unit * across, height * 0.5 - unit * (deep * tilt + (h - 0.5) * high * rise)];
    };
    const {cells, ends} = pathPieces(), n = side / coarse;
    // Away from the eye first: the eye is where `deep` is least.
    const order = (first) => Array.from({length: n}, (_, i) => (first ? i : n - 1 - i) * coarse);
    const us = order(sine < 0), vs = order(cosine < 0), corner = (i, j) => mesh[j * (side + 1) + i];
    const halo = css("--halo"), colours = looks.map((one) => one.color()), edge = css("--contour"), base = css("--soft");
    // The floor.
    const floor = [[0, 0], [1, 0], [1, 1], [0, 1]];
    for (let i = 0; i < 4; ++i) pen.line([floor[i], floor[(i + 1) % 4]].map(([u, v]) => project(u, v, 0)), css("--grid"), 1);
    const overlay = [];
    for (const j of vs) {
      for (const i of us) {
        const h = [corner(i, j), corner(i + coarse, j), corner(i + coarse, j + coarse), corner(i, j + coarse)];
        if (h.some(Number.isNaN)) continue;
        const [u, v, du] = [i / side, j / side, coarse / side];
        const middle = (h[0] + h[1] + h[2] + h[3]) / 4, slopeX = (h[1] + h[2] - h[0] - h[3]) / 2 / du * high, slopeY = (h[2] + h[3] - h[0] - h[1]) / 2 / du * high;
        // Light from the upper left of the eye.
        const lx = -0.5 * cosine - 0.35 * sine, ly = 0.5 * sine - 0.35 * cosine, norm = Math.hypot(slopeX, slopeY, 1);
        const light = (-slopeX * lx - slopeY * ly + 0.8) / norm - 0.75;
        const corners = [project(u, v, h[0]), project(u + du, v, h[1]), project(u + du, v + du, h[2]), project(u, v + du, h[3])];
        pen.fill(corners, heightColour(stops, middle, Math.max(-0.4, Math.min(0.3, light * 0.55))));
        if (j % 12 === 0) pen.line([corners[0], corners[1]], edge, 0.8);
        if (i % 12 === 0) pen.line([corners[0], corners[3]], edge, 0.8);
        for (let dj = 0; dj < coarse; ++dj) for (let di = 0; di < coarse; ++di) for (const piece of cells.get((j + dj) * side + i + di) ?? []) {
          const points = [piece.a, piece.b].map(([pu, pv]) => project(pu, pv, (heightAt(Math.min(1, Math.max(0, pu)), Math.min(1, Math.max(0, pv))) || 0) + 0.012));
          if (paths.length <= 20) {
            overlay.push([points, piece]);
            pen.line(points, halo, 4.5);
          }
          pen.line(points, colours[piece.k], 2.4, looks[piece.k].dash, piece.way);
        }
      }
    }
    // What lies behind a hill still shows, faintly.
    pen.alpha(0.28);
    for (const [points, piece] of overlay) pen.line(points, colours[piece.k], 1.6);
    pen.alpha(1);
    for (const {k, at} of ends) pen.dot(project(at[0], at[1], (heightAt(...at) || 0) + 0.012), 5, colours[k], halo);
    // The two lower edges in front carry the axes.
    const front = cosine > 0 ? 0 : 1, near = sine > 0 ? 0 : 1;
    const put = (u, v, said) => { const [px, py] = project(u, v, 0), [cx] = project(0.5, 0.5, 0); pen.text([px + (px < cx ? -6 : 6), py + 13], said, Math.abs(px - cx) < 30 ? "middle" : px < cx ? "end" : "start", base); };
    pen.line([project(0, front, 0), project(1, front, 0)], base, 1.2);
    pen.line([project(near, 0, 0), project(near, 1, 0)], base, 1.2);
    put(0.12, front, short(surface.x[0] + 0.12 * (surface.x[1] - surface.x[0]), 2)); put(0.88, front, short(surface.x[0] + 0.88 * (surface.x[1] - surface.x[0]), 2)); put(0.5, front, "x");
    put(near, 0.12, short(surface.y[0] + 0.12 * (surface.y[1] - surface.y[0]), 2)); put(near, 0.88, short(surface.y[0] + 0.88 * (surface.y[1] - surface.y[0]), 2)); put(near, 0.5, "y");
    const what = t(surface.slice ? "surface.loss" : "surface.f");
    pen.text([10, 18], t(state.log ? "surface.height.log" : "surface.height.linear", {f: what, low: short(heights.lowest), high: short(heights.highest)}), "start", base);
  }

  function canvasPen(context) {
    const trace = (points) => { context.beginPath(); context.moveTo(...points[0]); for (const p of points.slice(1)) context.lineTo(...p); };
    return {
      // Neighbours overlap by a hair, so that no seam shows.
      fill: (points, colour) => { trace(points); context.closePath(); context.fillStyle = context.strokeStyle = colour; context.lineWidth = 0.7; context.setLineDash([]); context.fill(); context.stroke(); },
      line: (points, colour, wide, dash = [], offset = 0) => { trace(points); context.strokeStyle = colour; context.lineWidth = wide; context.lineCap = dash.length ? "butt" : "round"; context.setLineDash(dash); context.lineDashOffset = offset; context.stroke(); },
      dot: ([x, y], radius, colour, around) => { context.setLineDash([]); context.beginPath(); context.arc(x, y, radius, 0, 7); context.fillStyle = colour; context.strokeStyle = around; context.lineWidth = 2; context.fill(); context.stroke(); },
      text: ([x, y], said, anchor, colour) => { context.font = `12px ${css("--font")}`; context.textAlign = {start: "left", end: "right", middle: "center"}[anchor]; context.fillStyle = colour; context.fillText(said, Math.min(width - 4, Math.max(4, x)), y); },
      alpha: (a) => { context.globalAlpha = a; },
    };
  }
  function svgPen(out) {
    let alpha = 1;
    const opacity = () => (alpha < 1 ? ` opacity="${alpha}"` : ""), path = (points) => `M${points.map(([x, y]) => `${round1(x)} ${round1(y)}`).join("L")}`;
    return {
      fill: (points, colour) => out.push(`<path d="${path(points)}Z" fill="${colour}" stroke="${colour}" stroke-width=".6"/>`),
      line: (points, colour, wide, dash = [], offset = 0) => out.push(`<path d="${path(points)}" stroke="${colour}" stroke-width="${wide}" fill="none"${dash.length ? ` stroke-dasharray="${dash.join(" ")}" stroke-dashoffset="${round1(offset)}"` : " stroke-linecap=\"round\""}${opacity()}/>`),
      dot: ([x, y], radius, colour, around) => out.push(`<circle cx="${round1(x)}" cy="${round1(y)}" r="${radius}" fill="${colour}" stroke="${around}" stroke-width="2"/>`),
      text: ([x, y], said, anchor, colour) => out.push(`<text x="${round1(x)}" y="${round1(y)}" text-anchor="${anchor}" fill="${colour}">${xml(said)}</text>`),
      alpha: (a) => { alpha = a; },
    };
  }

  let waiting = false;
  /** At most one drawing a frame, however many events there are; the first one at once. */
  function draw(now = false) {
    const go = () => {
      waiting = false;
      const ratio = Math.min(devicePixelRatio || 1, 2), context = canvas.getContext("2d");
      if (canvas.width !== width * ratio || canvas.height !== height * ratio) { canvas.width = width * ratio; canvas.height = height * ratio; }
      canvas.style.height = `${height}px`;
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      paint(canvasPen(context), turning ? 2 : 1);
    };
    if (now) { go(); return; }
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(go);
  }

  // ---- turning; while it turns, the mesh is coarser
  let turning = null, held = null;
  function turn(dx, dy) {
    yaw += dx;
    pitch = Math.min(1.5, Math.max(0.12, pitch + dy));
    clearTimeout(turning);
    turning = setTimeout(() => { turning = null; draw(); }, 160);
    draw();
  }
  scene.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY]; scene.setPointerCapture(event.pointerId); });
  scene.addEventListener("pointermove", (event) => {
    if (!held) return;
    turn(-(event.clientX - held[0]) * 0.008, (event.clientY - held[1]) * 0.006);
    held = [event.clientX, event.clientY];
  });
  for (const name of ["pointerup", "pointercancel"]) scene.addEventListener(name, () => { held = null; });
  const grow = (factor) => { scale = Math.min(4, Math.max(0.6, scale * factor)); draw(); };
  const upright = () => { [yaw, pitch, scale] = [-0.65, 0.58, 1]; draw(); };
  scene.addEventListener("dblclick", upright);
  scene.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    grow(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }, {passive: false});
  scene.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = {ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.06], ArrowDown: [0, -0.06]}[event.key];
    if (by) { turn(...by); spoken.textContent = t("surface.turned", {yaw: Math.round(((-yaw * 180 / Math.PI) % 360 + 360) % 360), pitch: Math.round(pitch * 180 / Math.PI)}); }
    else if (event.key === "+" || event.key === "=") grow(1.15);
    else if (event.key === "-") grow(1 / 1.15);
    else if (event.key === "0") upright();
    else return;
    event.preventDefault();
  });

  function svgText() {
    const out = [];
    paint(svgPen(out));
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${xml(css("--font"))}" font-size="12"><title>${xml(state.words)}</title><rect width="100%" height="100%" fill="${css("--raised")}"/>${out.join("")}</svg>\n`;
  }
  const table = () => ({columns: [t("surface.path"), t("surface.step"), "x", "y", t(surface.slice ? "surface.loss" : "surface.f")], rows: paths.flatMap((path, k) => (state.shown(k) ? path.step.map((step, i) => [path.label, step, path.x[i], path.y[i], path.value[i]]) : []))});
  const key = (sign, name, act) => element("button", {type: "button", "aria-label": name, title: name, onclick: act}, sign);
  readout.append(element("span", {}, t("surface.relief.hint")));
  parent.append(element("figure", {}, element("figcaption", {}, element("span", {}, t("surface.relief")),
    element("span", {class: "tools", style: "flex: none"}, key("⟲", t("surface.left"), () => turn(0.25, 0)), key("⟳", t("surface.right"), () => turn(-0.25, 0)), key("+", t("surface.closer"), () => grow(1.15)), key("−", t("surface.farther"), () => grow(1 / 1.15))),
    saveMenu({name: t("surface.relief"), svg: svgText, table})), scene, readout, spoken));

  function resize() {
    const wide = Math.round(scene.clientWidth);
    if (wide < 60 || (wide === width && mesh)) return;
    width = wide;
    height = Math.round(Math.min(Math.max(0.78 * wide, 260), 620));
    if (!mesh) sampleMesh();
    draw(true);
  }
  new ResizeObserver(resize).observe(scene);
  resize();
  alive({redraw: () => draw(true), print: () => draw(true)});
  return {update: (what) => { if (what === "heights") sampleMesh(); draw(); }};
}
