"use strict";
// The map and the relief of a surface side by side, with buttons for the paths and one slider for the steps of all of them.

document.head.append(element("style", {}, surfaceStyle));

/** What a reader chooses of a surface: kept by the caller, so that it stays when the language changes. */
const surfaceChoice = (surface) => ({log: surface.logarithmic, step: Math.max(0, ...surface.paths.map((path) => path.step.at(-1))), hidden: new Set()});
/** How a path ended, in words. */
const surfaceEnd = (path) => t(`surface.end.${path.end}`) + (path.end === "diverged" && path.why ? ` (${path.why})` : "");

/**
 * Fills `box` with the pictures of a surface (surface_json) and returns {update(what)}. `chosen` is a surfaceChoice, `looks` those of the paths;
 * `toggled(i)` is told of a path that is shown or hidden, and `plots()` names plots of lines in which a button's path stands out too.
 */
function surfaceView(box, surface, chosen, looks, {toggled = () => {}, plots = () => []} = {}) {
  const {paths} = surface, most = Math.max(0, ...paths.map((path) => path.step.at(-1)));
  const words = t(surface.slice ? "surface.words.slice" : "surface.words", {what: surface.title, n: paths.length, said: paths.map((path) => `${path.label}: ${surfaceEnd(path)}`).join("; ")});
  const state = {surface, words, shown: (i) => !chosen.hidden.has(i), get step() { return chosen.step; }, get log() { return chosen.log; }};
  const views = element("div", {class: "views"});
  let map = null, relief = null;
  const update = (what) => { map.update(what); relief.update(what); };

  const slider = element("input", {type: "range", min: 0, max: most, step: 1, value: chosen.step, "aria-label": t("surface.step"), oninput: (event) => { stop(); go(Number(event.target.value)); }});
  const now = element("output", {});
  function go(step) {
    chosen.step = step;
    slider.value = step;
    now.textContent = t("surface.step.of", {step, all: most});
    slider.setAttribute("aria-valuetext", now.textContent);
    update("step");
  }
  let timer = null, begun = 0;
  const button = element("button", {type: "button", onclick: () => (timer === null ? play() : stop())}, "▶ " + t("surface.play"));
  function stop() {
    if (timer !== null) cancelAnimationFrame(timer);
    timer = null;
    button.textContent = "▶ " + t("surface.play");
  }
  /** Twelve seconds for all; the first steps, in which most happens, take longer than the last ones. */
  function play() {
    if (chosen.step >= most) go(0);
    const length = 12000, from = Math.pow(chosen.step / Math.max(most, 1), 1 / 1.8);
    button.textContent = "❚❚ " + t("surface.pause");
    begun = performance.now() - from * length;
    const tick = (time) => {
      const share = Math.min(1, Math.max(0, (time - begun) / length)), step = Math.round(most * share ** 1.8);
      if (step !== chosen.step) go(step);
      if (share < 1) timer = requestAnimationFrame(tick); else stop();
    };
    timer = requestAnimationFrame(tick);
  }
  alive({destroy: stop});

  const toggle = (i) => {
    if (chosen.hidden.has(i)) chosen.hidden.delete(i); else chosen.hidden.add(i);
    chips.update();
    update("shown");
    toggled(i);
  };
  const chips = lineButtons(t("surface.paths"), paths.map((path) => path.label), looks, plots, state.shown, toggle);
  const controls = element("div", {class: "controls"}, paths.length ? chips.element : null,
    choice(t("surface.height"), [t("surface.linear"), t("surface.log")], (i) => { chosen.log = i === 1; update("heights"); }, chosen.log ? 1 : 0));
  box.append(controls, paths.length ? element("div", {class: "time"}, button, slider, now) : null ?? "", views);
  map = surfaceMap(views, state, looks);
  relief = surfaceRelief(views, state, looks);
  if (paths.length) now.textContent = t("surface.step.of", {step: chosen.step, all: most});
  slider.setAttribute("aria-valuetext", now.textContent);
  return {update};
}
