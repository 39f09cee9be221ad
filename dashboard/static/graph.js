/* Draws the graph. Communities lie apart from each other, so that two thousand entities can be looked at; time and paths
   only change what is bright, so that everything stays where it is. */
"use strict";

/* A space without entities has nothing to draw on. */
function graph(stage) {
  const said = document.getElementById("graph-said");
  const panel = document.getElementById("entity");
  const COLOURS_OF = ["c1", "c2", "c3", "c4", "c5", "c6"];
  const GOLDEN = Math.PI * (3 - Math.sqrt(5));
  /* Up to so many entities the forces between them are worked out; beyond, they are set by community. */
  const FORCES = 150;
  let cy = null;
  let shown = { nodes: [], edges: [] };

  function ask(path, query) {
    const given = Object.entries(query).filter(([, value]) => value);
    return fetch(`${stage.dataset.at}/${path}?${new URLSearchParams(given)}`, { headers: { accept: "application/json" } }).then((answer) => {
      if (answer.ok) return answer.json();
      return answer.text().then(() => Promise.reject(new Error("There is nothing of that name here.")));
    });
  }

  function look() {
    const size = (node) => 10 + 6 * Math.log2(1 + node.data("mentions"));
    const colours = COLOURS_OF.map(style);
    const grey = style("line-strong");
    const colour = (node) => (node.data("community") ? colours[node.data("group") % colours.length] : grey);
    return [
      { selector: "node", style: { width: size, height: size, "background-color": colour, "border-width": 0, label: "data(name)", "text-wrap": "ellipsis", "text-max-width": 92, color: style("text"), "font-size": 11, "font-family": "system-ui, sans-serif", "text-valign": "bottom", "text-margin-y": 4, "text-outline-color": style("bg"), "text-outline-width": 2, "min-zoomed-font-size": 9 } },
      { selector: "edge", style: { width: 1, "line-color": style("line-strong"), "line-opacity": 0.45, "curve-style": "haystack" } },
      { selector: "edge.near", style: { "curve-style": "bezier", "target-arrow-shape": "triangle", "target-arrow-color": style("accent"), "arrow-scale": 0.8, "line-color": style("accent"), "line-opacity": 1, width: 1.5, label: "data(label)", "font-size": 10, color: style("soft"), "text-rotation": "autorotate", "text-background-color": style("bg"), "text-background-opacity": 0.9, "text-background-padding": 2, "min-zoomed-font-size": 8 } },
      { selector: "edge.gone, node.gone", style: { display: "none" } },
      { selector: ".away", style: { opacity: 0.12 } },
      { selector: "node.chosen", style: { "border-width": 3, "border-color": style("text"), "min-zoomed-font-size": 0, "font-size": 13, "font-weight": 600, "text-max-width": 300, "z-index": 9 } },
      { selector: "node.beside", style: { "min-zoomed-font-size": 0, "z-index": 8 } },
    ];
  }

  /* Members of a community in a sunflower around its centre, the most mentioned inside; the centres in a larger one. */
  function places(nodes) {
    const groups = new Map();
    for (const node of nodes) groups.set(node.data.group, [...(groups.get(node.data.group) ?? []), node]);
    const ordered = [...groups.values()].sort((a, b) => b.length - a.length);
    let area = 0;
    for (const members of ordered) {
      const radius = 30 * Math.sqrt(members.length) + 40;
      const away = area ? Math.sqrt(area) + radius * 0.8 : 0;
      const turn = ordered.indexOf(members) * GOLDEN;
      area += radius * radius * 1.6;
      members.sort((a, b) => b.data.mentions - a.data.mentions);
      members.forEach((node, n) => {
        const out = 30 * Math.sqrt(n);
        node.position = { x: away * Math.cos(turn) + out * Math.cos(n * GOLDEN), y: away * Math.sin(turn) + out * Math.sin(n * GOLDEN) };
      });
    }
  }

  /* Forces between those that something connects; below them, in rows, those that stand alone, so that all together have
     the shape of the stage. */
  function workOut() {
    const [wide, high] = [88, 64];
    const alone = cy.nodes().filter((node) => !node.degree());
    const others = cy.elements().not(alone);
    others.layout({ name: "cose", animate: false, randomize: false, fit: false, nodeRepulsion: 9000, idealEdgeLength: 80, numIter: 600 }).run();
    const box = others.nonempty() ? others.boundingBox() : { x1: 0, y2: 0, w: 0, h: 0 };
    const width = Math.max(box.w, Math.sqrt((cy.width() / cy.height()) * (box.w * box.h + alone.length * wide * high)));
    const row = Math.max(1, Math.floor(width / wide));
    const left = box.x1 + (box.w - row * wide) / 2;
    alone.sort((a, b) => b.data("mentions") - a.data("mentions")).forEach((node, n) => {
      node.position({ x: left + wide * (n % row) + wide / 2, y: box.y2 + high * (Math.floor(n / row) + 1) });
    });
  }

  function edgesOf(found) {
    const ids = new Set(shown.nodes.map((node) => node.id));
    return found.edges.filter((e) => ids.has(e.source) && ids.has(e.target)).map((e) => ({ group: "edges", data: { id: e.relation_id, source: e.source, target: e.target, label: `${e.negated ? "not " : ""}${e.predicate.replaceAll("_", " ")}` } }));
  }

  function draw_graph(found) {
    shown = found;
    const groups = new Map();
    const nodes = found.nodes.map((node) => {
      const key = node.community_id ?? `here ${node.community}`;
      if (!groups.has(key)) groups.set(key, groups.size);
      return { group: "nodes", data: { id: node.id, name: node.name, kind: node.kind, mentions: node.mentions, group: groups.get(key), community: node.community_id } };
    });
    const few = nodes.length <= FORCES;
    places(nodes);
    cy?.destroy();
    stage.replaceChildren();
    cy = cytoscape({ container: stage, elements: [...nodes, ...edgesOf(found)], style: look(), layout: { name: "preset" }, minZoom: 0.05, maxZoom: 4, hideEdgesOnViewport: nodes.length > 500, textureOnViewport: nodes.length > 500, pixelRatio: nodes.length > 500 ? 1 : "auto" });
    if (few) workOut();
    cy.fit(undefined, 24);
    cy.on("tap", "node", (event) => choose(event.target.id()));
    cy.on("tap", (event) => { if (event.target === cy) choose(null); });
    window.graphShown = cy;
    tell();
    spread();
  }

  function tell(more = "") {
    const nodes = cy.nodes().not(".gone").length;
    const edges = cy.edges().not(".gone").length;
    said.textContent = `${nodes.toLocaleString("en")} entities, ${edges.toLocaleString("en")} relations${shown.truncated ? "; there are more than are shown" : ""}.${more}`;
  }

  /* One entity and its neighbours bright, the others away; what is known of it in the panel. */
  function choose(id) {
    cy.batch(() => {
      cy.elements().removeClass("chosen beside near away");
      if (!id) return;
      const node = cy.getElementById(id);
      const around = node.closedNeighborhood();
      cy.elements().not(around).addClass("away");
      around.edges().addClass("near");
      around.nodes().addClass("beside");
      node.addClass("chosen");
    });
    if (!id) { panel.replaceChildren(); return; }
    htmx.ajax("GET", `${stage.dataset.at}/entities/${id}`, { target: panel, select: "#entity-body", swap: "innerHTML" });
  }

  function goTo(id) {
    const node = cy.getElementById(id);
    if (node.empty()) { load({ center: id, depth: 2 }).then(() => goTo(id)); return; }
    choose(id);
    cy.animate({ center: { eles: node }, zoom: Math.max(cy.zoom(), 0.9) }, { duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250 });
  }

  /* Time. */
  const slider = document.getElementById("as-of");
  const day = document.getElementById("as-of-day");
  const DAY = 86400000;
  function spread() {
    const starts = shown.edges.map((e) => Date.parse(e.valid_at)).filter((t) => !Number.isNaN(t));
    const first = starts.length ? Math.min(...starts) : Date.now() - 365 * DAY;
    slider.min = String(Math.floor(first / DAY));
    slider.max = String(Math.floor(Date.now() / DAY));
    slider.value = slider.max;
    name_day();
  }
  function name_day() {
    const now = slider.value === slider.max;
    const date = new Date(Number(slider.value) * DAY);
    day.textContent = now ? "now" : date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
    slider.setAttribute("aria-valuetext", day.textContent);
    return now ? null : `${date.toISOString().slice(0, 10)}T23:59:59Z`;
  }
  let turn = 0;
  async function travel() {
    const as_of = name_day();
    const mine = ++turn;
    const found = await ask("data", { ...asked, as_of }).catch((error) => say(error.message, "bad"));
    if (mine !== turn || !found) return;
    cy.batch(() => {
      cy.edges().remove();
      cy.add(edgesOf(found));
      const held = new Set(found.nodes.map((node) => node.id));
      cy.nodes().forEach((node) => node.toggleClass("gone", !held.has(node.id())));
    });
    tell(as_of ? ` As it held on ${day.textContent}.` : "");
  }
  slider.addEventListener("input", name_day);
  slider.addEventListener("change", travel);

  /* Search, and the way from one to another. */
  const finder = document.getElementById("find-entity");
  const names = document.getElementById("entity-names");
  let typed = 0;
  function suggest(text) {
    clearTimeout(typed);
    typed = setTimeout(async () => {
      if (text.trim().length < 1) return;
      const found = await ask("search", { q: text }).catch(() => []);
      names.replaceChildren(...found.map((entity) => Object.assign(document.createElement("option"), { value: entity.name, label: entity.kind })));
      names.found = found;
    }, 180);
  }
  for (const input of document.querySelectorAll("[list='entity-names']")) input.addEventListener("input", () => suggest(input.value));
  document.getElementById("find").addEventListener("submit", async (event) => {
    event.preventDefault();
    const found = await ask("search", { q: finder.value }).catch(() => []);
    const best = found.find((entity) => entity.name.toLowerCase() === finder.value.trim().toLowerCase()) ?? found[0];
    if (best) goTo(best.id); else say("No entity has a name that begins like this.", "warn");
  });
  const ways = document.getElementById("ways");
  document.getElementById("path").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const found = await ask("paths", { from: form.get("from"), to: form.get("to") }).catch((error) => ({ items: [], detail: error.message }));
    ways.replaceChildren(...found.items.map(way));
    if (!found.items.length) { ways.textContent = found.detail ?? "Nothing connects the two within four steps."; return; }
    light(found.items[0]);
  });
  function way(path) {
    const item = document.createElement("li");
    const show = Object.assign(document.createElement("button"), { type: "button", className: "way", textContent: path.steps.map((s, n) => `${n ? "" : s.source.name} ${s.relation ? `— ${s.relation.negated ? "not " : ""}${s.relation.predicate.replaceAll("_", " ")} —` : "— named together —"} ${s.target.name}`).join("") });
    show.addEventListener("click", () => light(path));
    const quote = path.steps.flatMap((s) => s.evidence)[0]?.quote ?? path.steps.find((s) => s.memory)?.memory.content;
    item.append(show);
    if (quote) item.append(Object.assign(document.createElement("blockquote"), { textContent: quote }));
    return item;
  }
  function light(path) {
    const ids = new Set(path.steps.flatMap((s) => [s.source.id, s.target.id]));
    const edges = new Set(path.steps.map((s) => s.relation?.id));
    cy.batch(() => {
      cy.elements().removeClass("chosen beside near away");
      const on = cy.nodes().filter((node) => ids.has(node.id()));
      const along = cy.edges().filter((edge) => edges.has(edge.id()));
      cy.elements().not(on.union(along)).addClass("away");
      on.addClass("chosen");
      along.addClass("near");
      if (on.nonempty()) cy.animate({ fit: { eles: on, padding: 80 } }, { duration: 0 });
    });
  }

  /* Communities. */
  for (const button of document.querySelectorAll("[data-community]")) {
    button.addEventListener("click", () => {
      const members = cy.nodes().filter((node) => node.data("community") === button.dataset.community);
      choose(null);
      if (members.empty()) { say("None of its members is shown; show more entities.", "warn"); return; }
      cy.batch(() => { cy.elements().not(members.union(members.edgesWith(members))).addClass("away"); members.addClass("beside"); });
      cy.fit(members, 60);
    });
  }

  panel.addEventListener("click", (event) => {
    const to = event.target.closest("[data-entity]");
    if (to) { event.preventDefault(); goTo(to.dataset.entity); }
  });
  let asked = { limit: stage.dataset.limit, center: stage.dataset.center };
  async function load(query) {
    asked = { ...asked, ...query };
    said.textContent = "Reading the graph …";
    const found = await ask("data", asked).catch((error) => { said.textContent = error.message; return null; });
    if (found) draw_graph(found);
  }
  document.addEventListener("themechange", () => cy?.style(look()));
  document.getElementById("zoom-in").addEventListener("click", () => cy.zoom({ level: cy.zoom() * 1.3, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }));
  document.getElementById("zoom-out").addEventListener("click", () => cy.zoom({ level: cy.zoom() / 1.3, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } }));
  document.getElementById("zoom-all").addEventListener("click", () => { choose(null); cy.fit(undefined, 24); });
  load({}).then(() => { if (stage.dataset.center) goTo(stage.dataset.center); });
}

const stage = document.getElementById("graph");
if (stage) graph(stage);
