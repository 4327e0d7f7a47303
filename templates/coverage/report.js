"use strict";
// Opens what a link points into; moves between cells by arrow keys; shows states, which travel packed in this page.
// All text goes through textContent.

const PAGE = 100;
const FAILED = 1;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const shown = (number) => number.toLocaleString("en-US");
const plural = (number, noun) => `${shown(number)} ${noun}${number === 1 ? "" : "s"}`;

// Links into closed parts

function openAround(element) {
  for (let node = element; node; node = node.parentElement) if (node.localName === "details") node.open = true;
}

// What was packed

async function unpacked(id) {
  const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

let graphPromise = null;

function graphOf() {
  graphPromise ??= readGraph();
  return graphPromise;
}

async function readGraph() {
  const [text, buffer] = await Promise.all([unpacked("graph-words"), unpacked("graph-numbers")]);
  const graph = JSON.parse(new TextDecoder().decode(text));
  const view = new DataView(buffer);
  const little = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
  let at = 0;
  for (const [name, length] of graph.arrays) {
    graph[name] = little
      ? new Int32Array(buffer, at * 4, length)
      : Int32Array.from({ length }, (_, place) => view.getInt32((at + place) * 4, true));
    at += length;
  }
  for (const name of ["number", "target", "walkStep"]) accumulate(graph[name]);
  graph.offset = offsetsOf(graph.degree);
  graph.walkOffset = offsetsOf(graph.walkLength);
  graph.levelOffset = offsetsOf(graph.levels);
  graph.source = new Int32Array(graph.target.length);
  for (let state = 0; state < graph.degree.length; state++)
    graph.source.fill(state, graph.offset[state], graph.offset[state + 1]);
  graph.through = new Int32Array(graph.degree.length); // tests through each state, a test that comes back counted again
  eachVisit(graph, (state) => graph.through[state]++);
  return graph;
}

function accumulate(array) {
  for (let place = 1; place < array.length; place++) array[place] += array[place - 1];
}

function offsetsOf(lengths) {
  const offsets = new Int32Array(lengths.length + 1);
  for (let place = 0; place < lengths.length; place++) offsets[place + 1] = offsets[place] + lengths[place];
  return offsets;
}

function eachVisit(graph, visit) {
  for (let walk = 0; walk < graph.walkStart.length; walk++) {
    const first = graph.walkOffset[walk];
    if (graph.walkStart[walk] >= 0) visit(graph.walkStart[walk], walk, graph.walkFate[first + walk]);
    for (let step = 0; step < graph.walkLength[walk]; step++) {
      const transition = graph.walkStep[first + step];
      if (transition >= 0) visit(graph.target[transition], walk, graph.walkFate[first + walk + step + 1]);
    }
  }
}

// The panel

const panel = document.getElementById("panel");

function show(heading, ...content) {
  const head = make("h3", { tabindex: "-1" }, heading);
  panel.replaceChildren(head, ...content);
  head.focus({ preventScroll: true });
  panel.scrollIntoView({ block: "start" });
}

function fate(graph, code) {
  const kind = code === 0 ? "covered" : code === FAILED ? "failed" : "missed";
  return make("span", { class: `fate ${kind}` }, code === 0 ? graph.covered : graph.fates[code]);
}

function stateLink(graph, state) {
  return make("a", { href: `#state=${state}` }, `state ${shown(graph.number[state])}`);
}

function rows(heads, items, row, wanted, covered, numbers = []) {
  // A table that grows by a page at a time, of all items or of those that are wanted.
  const body = make("tbody");
  const more = make("button", { type: "button" });
  const count = make("p", { class: "note", role: "status" });
  let chosen = items;
  let done = 0;
  const grow = () => {
    const first = done;
    for (; done < Math.min(first + PAGE, chosen.length); done++) body.append(row(chosen[done]));
    more.hidden = done === chosen.length;
    more.textContent = `Show ${shown(Math.min(PAGE, chosen.length - done))} more`;
    count.textContent = `${shown(done)} of ${shown(chosen.length)}`;
    count.hidden = chosen.length <= PAGE;
    return body.rows[first];
  };
  const restart = (only) => {
    chosen = only ? items.filter(wanted) : items;
    done = 0;
    body.replaceChildren();
    grow();
  };
  more.addEventListener("click", () => grow()?.querySelector("a")?.focus());
  const parts = [];
  const missing = wanted ? items.filter(wanted).length : 0;
  if (missing && missing < items.length) {
    const box = make("input", { type: "checkbox" });
    box.addEventListener("change", () => restart(box.checked));
    parts.push(make("label", { class: "check" }, box, `only what is not ${covered} (${shown(missing)})`));
  }
  restart(false);
  const head = make("thead", {}, make("tr", {}, ...heads.map((text, column) => make("th", { scope: "col", class: numbers.includes(column) ? "n" : "" }, text))));
  const table = make("table", { class: "rows" }, head, body);
  return [...parts, make("div", { class: "box", role: "region", "aria-label": "Rows", tabindex: "0" }, table), count, more];
}

function stateRow(graph, state) {
  const first = graph.offset[state];
  const end = graph.offset[state + 1];
  let covered = 0;
  for (let transition = first; transition < end; transition++) covered += graph.transitionFate[transition] === 0;
  return make(
    "tr",
    {},
    make("td", {}, stateLink(graph, state)),
    make("td", {}, fate(graph, graph.stateFate[state])),
    make("td", { class: "n" }, end > first ? `${shown(covered)} of ${shown(end - first)}` : "\u2013"),
    make("td", { class: "n" }, shown(graph.through[state])),
  );
}

function statesTable(graph, states) {
  const heads = ["state", "", `transitions ${graph.covered}`, "tests"];
  return rows(heads, states, (state) => stateRow(graph, state), (state) => graph.stateFate[state] !== 0, graph.covered, [2, 3]);
}

async function showLevels(first, last, column) {
  const graph = await graphOf();
  const name = first === last ? `Level ${first}` : `Levels ${first} to ${last}`;
  const begin = graph.levelOffset[first - 1];
  const end = graph.levelOffset[last];
  if (column === undefined) {
    const states = Array.from({ length: end - begin }, (_, place) => begin + place);
    show(`${name}: ${plural(states.length, "state")}`, ...statesTable(graph, states));
    return;
  }
  const transitions = [];
  for (let transition = graph.offset[begin]; transition < graph.offset[end]; transition++)
    if (graph.nameOf[graph.label[transition]] === column) transitions.push(transition);
  show(
    `${name}, ${graph.names[column]}: ${plural(transitions.length, "transition")}`,
    ...rows(
      ["from", "action", "to", ""],
      transitions,
      (transition) =>
        make(
          "tr",
          {},
          make("td", {}, stateLink(graph, graph.source[transition])),
          make("td", {}, make("code", {}, graph.actions[graph.label[transition]])),
          make("td", {}, stateLink(graph, graph.target[transition])),
          make("td", {}, fate(graph, graph.transitionFate[transition])),
        ),
      (transition) => graph.transitionFate[transition] !== 0,
      graph.covered,
    ),
  );
}

async function showState(state) {
  const graph = await graphOf();
  if (!(state >= 0 && state < graph.degree.length)) return;
  const level = graph.levelOffset.findIndex((offset) => offset > state);
  const isInitial = graph.initial.includes(state);
  const values = make("tbody");
  graph.variables.forEach((variable, place) => {
    const value = graph.values[place][graph[`rank ${place}`][state]];
    values.append(make("tr", {}, make("th", { scope: "row" }, variable), make("td", { class: "value" }, value)));
  });
  const out = [];
  for (let transition = graph.offset[state]; transition < graph.offset[state + 1]; transition++) out.push(transition);
  const into = [];
  graph.target.forEach((target, transition) => target === state && into.push(transition));
  const visits = new Map();
  eachVisit(graph, (visited, walk, code) => {
    if (visited === state) visits.set(walk, Math.min(code, visits.get(walk) ?? code));
  });
  const step = (transition, other) =>
    make(
      "tr",
      {},
      make("td", {}, make("code", {}, graph.actions[graph.label[transition]])),
      make("td", {}, stateLink(graph, other)),
      make("td", {}, fate(graph, graph.transitionFate[transition])),
    );
  show(
    `State ${shown(graph.number[state])}`,
    make(
      "p",
      {},
      fate(graph, graph.stateFate[state]),
      `${isInitial ? ", initial" : ""}, `,
      make("a", { href: `#levels=${level}-${level}` }, `level ${level}`),
    ),
    make("h4", {}, "Values"),
    make("div", { class: "box", role: "region", "aria-label": "Values", tabindex: "0" }, make("table", { class: "rows" }, values)),
    make("h4", {}, plural(out.length, "transition") + " from here"),
    ...(out.length ? rows(["action", "to", ""], out, (transition) => step(transition, graph.target[transition])) : []),
    make("h4", {}, plural(into.length, "transition") + " to here"),
    ...(into.length ? rows(["action", "from", ""], into, (transition) => step(transition, graph.source[transition])) : []),
    make("h4", {}, plural(visits.size, "test") + " through here"),
    ...(visits.size ? rows(["test", "outcome", "this state"], [...visits], ([walk, code]) => testRow(graph, walk, code)) : []),
  );
}

function testRow(graph, walk, code) {
  const [name, outcome, why] = graph.tests[walk];
  const words = graph.outcomes[outcome];
  const chain = make("p", { class: "chain" });
  const more = make("details", {}, make("summary", {}, make("code", {}, name)), chain);
  more.addEventListener("toggle", () => chain.childNodes.length || fillChain(graph, walk, chain));
  return make(
    "tr",
    {},
    make("td", {}, more),
    make("td", {}, make("span", { class: outcome === 1 || outcome === 2 ? "bad" : "" }, graph.whys[why] ? `${words}: ${graph.whys[why]}` : words)),
    make("td", {}, fate(graph, code)),
  );
}

function fillChain(graph, walk, chain) {
  const first = graph.walkOffset[walk];
  if (graph.walkStart[walk] >= 0) chain.append(stateLink(graph, graph.walkStart[walk]));
  for (let place = 0; place < graph.walkLength[walk]; place++) {
    const transition = graph.walkStep[first + place];
    if (transition < 0) chain.append(" → a step that several transitions fit");
    else chain.append(" → ", make("code", {}, graph.actions[graph.label[transition]]), " → ", stateLink(graph, graph.target[transition]));
  }
}

async function find(text) {
  const graph = await graphOf();
  const number = /^[\d,]+$/.test(text) ? Number(text.replaceAll(",", "")) : NaN;
  const exact = Number.isNaN(number) ? -1 : graph.number.indexOf(number);
  if (exact >= 0) {
    location.hash = `state=${exact}`;
    return;
  }
  const found = new Set();
  graph.variables.forEach((_, place) => {
    const fitting = graph.values[place].map((value) => value.includes(text));
    graph[`rank ${place}`].forEach((rank, state) => fitting[rank] && found.add(state));
  });
  const states = [...found].sort((one, other) => one - other);
  show(`${plural(states.length, "state")} with ${text}`, ...(states.length ? statesTable(graph, states) : []));
}

function follow() {
  const hash = decodeURIComponent(location.hash.slice(1));
  const state = /^state=(\d+)$/.exec(hash);
  const levels = /^levels=(\d+)-(\d+)(?:,(\d+))?$/.exec(hash);
  document.querySelector(".cell[aria-current]")?.removeAttribute("aria-current");
  if (levels) document.querySelector(`.cell[href="#${hash}"]`)?.setAttribute("aria-current", "true");
  const failed = (error) =>
    panel.replaceChildren(make("p", { class: "warning" }, `The states cannot be shown by this browser (${error.message}).`));
  if (panel && state) showState(Number(state[1])).catch(failed);
  else if (panel && levels)
    showLevels(Number(levels[1]), Number(levels[2]), levels[3] === undefined ? undefined : Number(levels[3])).catch(failed);
  else {
    const target = hash && document.getElementById(hash);
    if (!target) return;
    openAround(target);
    target.scrollIntoView();
  }
}

// Arrow keys in the table of levels: one cell of it is in the tab order, the one last used

function moveInGrid(event) {
  const cell = event.target.closest(".cell");
  const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!cell || !way) return;
  event.preventDefault();
  const table = cell.closest("table");
  let row = cell.closest("tr").rowIndex;
  let column = cell.parentElement.cellIndex;
  for (;;) {
    row += way[0];
    column += way[1];
    const there = table.rows[row]?.cells[column];
    if (!there || row < 1) return;
    const next = there.querySelector(".cell");
    if (next) return focusCell(next);
  }
}

function focusCell(cell) {
  for (const other of cell.closest("table").querySelectorAll('.cell[tabindex="0"]')) other.tabIndex = -1;
  cell.tabIndex = 0;
  cell.focus();
}

document.querySelector(".grid")?.addEventListener("keydown", moveInGrid);
document.getElementById("find")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = document.getElementById("find-text").value.trim();
  if (text) find(text);
});
for (const state of document.querySelectorAll(".picture .state")) {
  const number = state.id.replace("picture-", "");
  const go = () => (location.hash = `state=${number}`);
  state.setAttribute("tabindex", "0");
  state.setAttribute("role", "link");
  state.setAttribute("aria-label", `state ${state.querySelector("text").textContent}`);
  state.addEventListener("click", go);
  state.addEventListener("keydown", (event) => event.key === "Enter" && go());
}
addEventListener("hashchange", follow);
follow();
