/* What every page does in the browser: theme, menu, dialogs, keys, selected rows, charts.
   No markup is made of strings, so that nothing of a memory is ever read as HTML. */
"use strict";

const root = document.documentElement;
const style = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

/* Theme: a cookie, so that the server draws the next page in it at once. */
function toggleTheme() {
  const theme = isDark() ? "light" : "dark";
  root.dataset.theme = theme;
  document.cookie = `memory_theme=${theme}; path=${document.body.dataset.root || "/"}; max-age=31536000; samesite=strict`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/* Menu on a phone. */
function setMenu(open) {
  document.body.toggleAttribute("data-menu-open", open);
  document.querySelector("[data-menu]")?.setAttribute("aria-expanded", String(open));
  if (open) document.querySelector(".side a")?.focus();
}

/* Rows of a table that can be selected: inputs with data-row; `.bulk` shows when there are some. */
function countRows() {
  const bulk = document.querySelector(".bulk");
  if (!bulk) return;
  const chosen = document.querySelectorAll("input[data-row]:checked").length;
  bulk.classList.toggle("open", chosen > 0);
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = String(chosen);
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("button, a, [data-open]");
  if (document.body.hasAttribute("data-menu-open") && !event.target.closest(".side, [data-menu]")) setMenu(false);
  if (event.target instanceof HTMLDialogElement) event.target.close();
  if (!target) return;
  if (target.matches("[data-theme-toggle]")) toggleTheme();
  if (target.matches("[data-menu]")) setMenu(!document.body.hasAttribute("data-menu-open"));
  if (target.matches("[data-dismiss]")) target.closest(".flash").remove();
  if (target.matches("[data-close]")) target.closest("dialog")?.close();
  if (target.matches("[data-open]")) document.getElementById(target.dataset.open)?.showModal();
  if (target.matches("[data-copy]")) navigator.clipboard?.writeText(target.dataset.copy).then(() => say("Copied."));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  if (event.target.matches("[data-all]")) {
    for (const row of document.querySelectorAll("input[data-row]")) row.checked = event.target.checked;
  }
  countRows();
});

/* A line for everyone, read aloud too. */
function say(text, tone = "good") {
  const line = document.createElement("p");
  line.className = `flash ${tone}`;
  line.textContent = text;
  document.getElementById("said")?.replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

/* Keys. */
let going = false;
function moveRow(step) {
  const rows = [...document.querySelectorAll("tbody tr")].filter((row) => row.querySelector("a"));
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("at"));
  rows[at]?.classList.remove("at");
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
  next.classList.add("at");
  next.querySelector("a").focus();
}
const KEYS = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  t: toggleTheme,
  j: () => moveRow(1),
  k: () => moveRow(-1),
  x: () => document.querySelector("tr.at input[data-row]")?.click(),
  g: () => { going = true; setTimeout(() => { going = false; }, 1500); },
};
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") setMenu(false);
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
  const place = going && document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
  const act = place ? () => place.click() : KEYS[event.key];
  if (event.key !== "g") going = false;
  if (act) { event.preventDefault(); act(); }
});

/* Charts: options of ECharts as data; names of colours become those of the theme. */
const COLOURS = new Set(["accent", "good", "warn", "bad", "faint", "line", "text", "soft", "c1", "c2", "c3", "c4", "c5", "c6"]);
function coloured(value) {
  if (Array.isArray(value)) return value.map(coloured);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, /colou?r$/i.test(key) && COLOURS.has(v) ? style(v) : coloured(v)]));
  }
  return value;
}
function themed(option) {
  const axis = { axisLine: { lineStyle: { color: style("line-strong") } }, axisTick: { show: false }, axisLabel: { color: style("faint"), hideOverlap: true }, splitLine: { lineStyle: { color: style("line") } }, nameTextStyle: { color: style("faint") } };
  const withAxis = (given) => given && (Array.isArray(given) ? given : [given]).map((one) => ({ ...axis, ...one, axisLabel: { ...axis.axisLabel, ...one.axisLabel }, splitLine: { ...axis.splitLine, ...one.splitLine } }));
  return {
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300,
    color: ["c1", "c2", "c3", "c4", "c5", "c6"].map(style),
    textStyle: { fontFamily: style("sans"), color: style("text") },
    grid: { left: 8, right: 8, top: 24, bottom: 8, containLabel: true },
    ...option,
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, backgroundColor: style("surface"), borderColor: style("line"), textStyle: { color: style("text"), fontSize: 12 }, ...option.tooltip },
    legend: option.legend && { icon: "circle", itemWidth: 8, itemHeight: 8, top: 0, right: 0, textStyle: { color: style("faint") }, ...option.legend },
    xAxis: withAxis(option.xAxis),
    yAxis: withAxis(option.yAxis),
  };
}
function draw(place) {
  if (!window.echarts) return;
  const option = coloured(JSON.parse(place.dataset.chart));
  place.chart?.dispose();
  place.replaceChildren();
  place.chart = window.echarts.init(place, null, { renderer: "canvas" });
  place.chart.setOption(themed(option));
}
const sizes = new ResizeObserver((seen) => { for (const { target } of seen) target.chart?.resize(); });
function drawAll(within = document) {
  for (const place of within.querySelectorAll("[data-chart]")) { draw(place); sizes.observe(place); }
  countRows();
}
document.addEventListener("themechange", () => drawAll());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("themechange")));
document.addEventListener("DOMContentLoaded", () => drawAll());
document.addEventListener("htmx:afterSwap", (event) => drawAll(event.detail.target.parentElement ?? document));
document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.responseText.slice(0, 300) || "That did not work.", "bad"));
document.addEventListener("htmx:sendError", () => say("The service does not answer.", "bad"));
