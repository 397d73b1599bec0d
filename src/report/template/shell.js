"use strict";
// What every page shares. A new page is one script with page((main) => { ... }), which fills <main>:
//   page((main) => {
//     main.append(element("header", {}, element("h1", {}, t("surface.headline", {n: 3}))));
//     section(main, "paths", t("surface.paths"), t("surface.paths.lead"), box);   // becomes a link of the navigation too
//     plot(box, {...});                                                          // plots.js
//   });
// It runs at the start and again when the reader chooses another language, so it keeps nothing between calls but what
// stands outside of it. `data` is the JSON of the page. All text goes through t(), and text is never read as HTML.

const find = (selector) => document.querySelector(selector);
const data = JSON.parse(find("#data").textContent);
const catalogs = JSON.parse(find("#messages").textContent); // language -> subject -> id -> text

/** The message "subject.id" in the reader's language with its {name} fields filled in; of one (n: 1) it is "subject.id.one" where there is one. */
function t(id, values = {}) {
  const dot = id.indexOf("."), messages = catalogs[document.documentElement.lang][id.slice(0, dot)] ?? {}, key = id.slice(dot + 1);
  const text = (values.n === 1 ? messages[key + ".one"] : undefined) ?? messages[key];
  if (text === undefined) throw new Error(`no message ${id} in ${document.documentElement.lang}`);
  const filled = text.replace(/\{(\w+)\}/g, (field, name) => {
    if (!(name in values)) throw new Error(`message ${id} lacks {${name}}`);
    return values[name];
  });
  // Numbers stay on one line with their unit, and Chinese has no spaces between its characters.
  return filled.replace(/ (?=[%±])|(?<=±) /g, "\u00a0").replace(/(?<=[\u2e80-\uffef]) (?=[\u2e80-\uffef])/g, "");
}

const svgNamespace = "http://www.w3.org/2000/svg";
const svgTags = new Set(["svg", "g", "line", "circle", "text", "tspan", "rect", "path", "polygon", "polyline", "title", "defs", "clipPath"]);
/** An element with attributes ("onclick": a listener; null: left out) and children (null: left out). */
function element(tag, attributes = {}, ...children) {
  const made = svgTags.has(tag) ? document.createElementNS(svgNamespace, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A section with a heading, a sentence and its content, appended to `main`. */
function section(main, id, title, lead, ...children) {
  const made = element("section", {id, "aria-labelledby": id + "-title"}, element("h2", {id: id + "-title"}, title), lead ? element("p", {class: "lead"}, lead) : null, ...children);
  main.append(made);
  return made;
}

// ---- numbers and words

const superscript = (n) => String(n).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻");

/** A number as a tick or in a sentence: 3 digits, powers of ten where decimals would be long. */
function short(v, digits = 3) {
  if (v === null || v === undefined || Number.isNaN(v)) return "–";
  if (v === 0) return "0";
  if (!Number.isFinite(v)) return v > 0 ? "∞" : "−∞";
  const size = Math.abs(v), sign = v < 0 ? "−" : "";
  if (size >= 1e-3 && size < 1e5) return sign + String(Number(size.toPrecision(digits)));
  const [mantissa, exponent] = Number(size.toPrecision(digits)).toExponential().split("e");
  return sign + (mantissa === "1" ? "" : `${mantissa}·`) + `10${superscript(Number(exponent))}`;
}

/** Seconds as a duration. */
function duration(s) {
  if (s < 0.00995) return t("page.ms", {v: s < 0.00095 ? Number((1000 * s).toPrecision(2)) : (1000 * s).toFixed(1)});
  if (s < 0.995) return t("page.ms", {v: Math.round(1000 * s)});
  if (s >= 60) return t("page.min", {min: Math.floor(s / 60), s: Math.round(s % 60)});
  return t("page.s", {v: s < 9.95 ? s.toFixed(1) : Math.round(s)});
}

/** Sentences, one after the other. */
const sentences = (...all) => all.filter(Boolean).join(document.documentElement.lang === "en" ? " " : "");
/** "a, b and c" in the reader's language. */
const listed = (names) => new Intl.ListFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {type: "conjunction"}).format(names);

// ---- colours

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const hues = 7;
const dashes = [[], [10, 4], [10, 3, 2, 3], [5, 3], [2, 3]];
/** The look of series i: a colour and a dash; 35 of them differ, and neighbours differ in both. */
const look = (i) => ({color: () => css(`--series-${i % hues}`), variable: `var(--series-${i % hues})`, dash: dashes[i % dashes.length]});
/** A short piece of a line of that look. */
const sample = ({variable, dash}) => element("svg", {class: "sample", "aria-hidden": "true", viewBox: "0 0 30 10"},
  element("line", {x1: 0, x2: 30, y1: 5, y2: 5, style: `stroke:${variable}`, "stroke-width": 3, "stroke-dasharray": dash.join(" ") || null}));

/** What is drawn in colours and has to follow the theme, the language and the printer: {redraw(), destroy(), print(on)}, all optional. */
const living = new Set();
const alive = (thing) => { living.add(thing); return thing; };
const redraw = () => living.forEach((thing) => thing.redraw?.());

const darkScreen = matchMedia("(prefers-color-scheme: dark)");
let theme = "system";
try { theme = localStorage.getItem("thalweg-theme") ?? theme; } catch { /* a browser may forbid it to files */ }
function showTheme() {
  document.documentElement.dataset.theme = theme === "system" ? (darkScreen.matches ? "dark" : "light") : theme;
  redraw();
}
showTheme();
darkScreen.addEventListener("change", showTheme);
/** What `make` returns in the colours of paper, which is white whatever the screen is. */
function onPaper(make) {
  const before = document.documentElement.dataset.theme;
  document.documentElement.dataset.theme = "light";
  try { return make(); } finally { document.documentElement.dataset.theme = before; }
}
addEventListener("beforeprint", () => { document.documentElement.dataset.theme = "light"; living.forEach((thing) => thing.print?.(true)); });
addEventListener("afterprint", () => { living.forEach((thing) => thing.print?.(false)); showTheme(); });

// ---- controls

/** Buttons of which one is pressed; `choose` gets its index. */
function choice(title, names, choose, current = 0) {
  const buttons = names.map((name, i) => element("button", {type: "button", "aria-pressed": String(i === current), onclick: () => {
    buttons.forEach((b, j) => b.setAttribute("aria-pressed", String(i === j)));
    choose(i);
  }}, name));
  return element("fieldset", {}, element("legend", {}, title), ...buttons);
}

function select(title, options, current, choose) {
  return element("label", {class: "select"}, element("span", {}, title), element("select", {onchange: (event) => choose(event.target.value)},
    ...options.map(([value, text, lang]) => element("option", {value, selected: value === current, lang}, text))));
}

// ---- saving and tables

function download(name, blob) {
  const url = URL.createObjectURL(blob), link = element("a", {href: url, download: name});
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** RFC 4180; what is no number stays empty. */
function csvOf({columns, rows}) {
  const field = (v) => { const s = v === null || v === undefined || Number.isNaN(v) ? "" : String(v).replaceAll("\u00a0", " "); return /[",\r\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s; };
  return [columns, ...rows].map((row) => row.map(field).join(",") + "\r\n").join("");
}

/** Draws an SVG text, with its own width and height, into a PNG at twice its size. */
async function pngOf(svg) {
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(svg);
  await image.decode();
  const canvas = element("canvas", {width: 2 * image.width, height: 2 * image.height});
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** A menu that saves a picture. `svg()` gives the text of a whole SVG in the colours of paper, `table()` {columns, rows}; either may be left out. */
function saveMenu({name, svg, table}) {
  const close = () => { made.open = false; };
  const item = (text, save) => element("button", {type: "button", onclick: async () => { await save(); close(); summary.focus(); }}, text);
  const file = (ending) => `thalweg-${name.replace(/[^\w.-]+/g, "-")}.${ending}`;
  const summary = element("summary", {"aria-label": t("page.save.what", {name})}, t("page.save"));
  const made = element("details", {class: "menu", onkeydown: (event) => { if (event.key === "Escape" && made.open) { close(); summary.focus(); event.stopPropagation(); } },
    onfocusout: (event) => { if (!made.contains(event.relatedTarget)) close(); }}, summary, element("div", {},
    svg ? item("SVG", () => download(file("svg"), new Blob([onPaper(svg)], {type: "image/svg+xml"}))) : null,
    svg ? item("PNG", async () => download(file("png"), await pngOf(onPaper(svg)))) : null,
    table ? item("CSV", () => download(file("csv"), new Blob([csvOf(table())], {type: "text/csv"}))) : null));
  return made;
}

/** A disclosure with the numbers of a picture as a table, made when it is opened; of many rows about `most`, evenly. */
function tableView(table, caption, most = 120, summary = t("page.table")) {
  const box = element("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption});
  return element("details", {class: "numbers", ontoggle: () => {
    if (box.childElementCount) return;
    const {columns, rows} = table(), step = Math.ceil(rows.length / most);
    const kept = rows.filter((_, i) => i % step === 0 || i === rows.length - 1);
    const cell = (v, i) => element(i === 0 ? "th" : "td", i === 0 ? {scope: "row"} : {class: "number"}, typeof v === "string" ? v : short(v, 4));
    box.append(element("table", {}, element("caption", {}, caption + (step > 1 ? " " + t("page.table.thinned", {shown: kept.length, all: rows.length}) : "")),
      element("thead", {}, element("tr", {}, columns.map((c) => element("th", {scope: "col"}, c)))), element("tbody", {}, kept.map((row) => element("tr", {}, row.map(cell))))));
  }}, element("summary", {}, summary), box);
}

// ---- the page

/** Makes the page with `draw(main)`, now and whenever the language changes. `<html data-drawn>` says after how many milliseconds all was drawn. */
function page(draw) {
  const build = () => {
    living.forEach((thing) => thing.destroy?.());
    living.clear();
    const main = find("#main");
    main.replaceChildren();
    find(".skip").textContent = t("page.skip");
    find(".top").replaceChildren(element("p", {class: "kicker"}, element("strong", {}, "thalweg")), element("div", {class: "switches"},
      select(t("page.language"), Object.keys(catalogs).map((tag) => [tag, catalogs[tag].page.name, tag]), document.documentElement.lang, (tag) => {
        document.documentElement.lang = tag;
        build();
        find(".switches select").focus();
      }),
      select(t("page.theme"), ["system", "light", "dark"].map((name) => [name, t(`page.theme.${name}`)]), theme, (name) => {
        theme = name;
        try { localStorage.setItem("thalweg-theme", theme); } catch { /* then for this time only */ }
        showTheme();
      })));
    draw(main);
    const links = [...main.querySelectorAll(":scope > section")].map((s) => element("a", {href: "#" + s.id}, s.querySelector("h2").textContent));
    const header = main.querySelector(":scope > header");
    if (links.length > 1) (header ?? main.firstElementChild).after(element("nav", {"aria-label": t("page.sections")}, links));
  };
  build();
  // Canvases are drawn in a microtask after they are made; the second frame shows them.
  requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.drawn = String(Math.round(performance.now())); }));
}
