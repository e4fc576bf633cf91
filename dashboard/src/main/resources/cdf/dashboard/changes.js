import { byId, element, figure, write } from "./dom.js";
import { count, counted, timeWithMillis } from "./format.js";

const KEPT = 1000; // what a filter looks through
const ROWS = 100; // what the list has

// Newest first.
let kept = [];
let held = [];
let paused = false;

let run = null;
let numbers = { seen: 0, skipped: 0 };
let before = 0; // what the server had received before the page opened
let shown = 0;
let heldBack = 0;
let dropped = 0;

// Takes a frame's changes in. Every change that the server received is shown, held back or dropped, since the page opened.
export function showChanges(status, changes) {
  if (run !== status.run) {
    run = status.run;
    [shown, heldBack, dropped, kept, held] = [0, 0, 0, [], []];
    numbers = { seen: changes[0]?.number ?? status.seen, skipped: status.skipped };
    before = numbers.seen + numbers.skipped;
    byId("change-list").replaceChildren();
  }
  // A whole frame after a lost connection has some that are here already.
  const fresh = changes.filter(change => change.number >= numbers.seen).reverse();
  dropped += status.seen - numbers.seen - fresh.length + status.skipped - numbers.skipped;
  numbers = { seen: status.seen, skipped: status.skipped };
  if (paused) {
    heldBack += fresh.length;
    held = [...fresh, ...held].slice(0, KEPT);
  } else {
    show(fresh);
  }
  showNumbers();
}

function show(fresh) {
  shown += fresh.length;
  kept = [...fresh, ...kept].slice(0, KEPT);
  const list = byId("change-list");
  list.prepend(...fresh.filter(matches).slice(0, ROWS).map(row));
  while (list.childElementCount > ROWS) list.lastElementChild.remove();
}

function matches(change) {
  const kind = byId("filter-kind").value;
  const id = byId("filter-id").value.trim().toLowerCase();
  return (kind === "" || change.kind === kind) && (id === "" || change.id.toLowerCase().includes(id));
}

function filter() {
  byId("change-list").replaceChildren(...kept.filter(matches).slice(0, ROWS).map(row));
  showNumbers();
}

function showNumbers() {
  figure("shown", count(shown), shown);
  figure("held", count(heldBack), heldBack);
  figure("dropped", count(dropped), dropped);
  const received = numbers.seen + numbers.skipped - before;
  figure("received", count(received), received);
  byId("held-count").hidden = !paused;
  write(byId("held"), `${counted(heldBack, "change")} ${heldBack === 1 ? "is" : "are"} held back.`);
  const filtered = byId("filter-kind").value !== "" || byId("filter-id").value.trim() !== "";
  const found = filtered ? kept.filter(matches).length : 0;
  write(byId("match"), filtered ? `· ${count(found)} of the last ${count(kept.length)} match` : "");
  const none = byId("no-change");
  none.hidden = byId("change-list").childElementCount > 0;
  write(none, filtered && kept.length > 0 ? "No change matches the filter." : "No change yet. They show here as they happen.");
}

export function togglePause() {
  paused = !paused;
  if (!paused) {
    // Only the newest are still there, if it was a long pause.
    dropped += heldBack - held.length;
    heldBack = 0;
    const fresh = held;
    held = [];
    show(fresh);
  }
  byId("changes").classList.toggle("paused", paused);
  byId("paused").hidden = !paused;
  byId("pause").setAttribute("aria-pressed", String(paused));
  write(byId("pause"), paused ? "Paused" : "Pause");
  showNumbers();
}

function row(change) {
  return element("li", { "data-kind": change.kind },
    element("time", {}, timeWithMillis(change.at)),
    element("span", { class: "kind", "data-kind": change.kind }, change.kind),
    element("span", { class: "id", title: change.id }, change.id),
    element("span", { class: "what" }, ...what(change)));
}

function what(change) {
  if (change.reason) return [element("span", {}, change.reason)];
  if (change.before && change.after) return difference(new Map(change.before), change.after);
  return (change.after ?? change.before ?? []).filter(([name]) => name !== "id").map(([name, value]) =>
    element("span", {}, element("span", { class: "name" }, name), " ", element("span", { class: "value" }, value)));
}

function difference(before, after) {
  const differing = after.filter(([name, value]) => before.get(name) !== value);
  const names = new Set(after.map(([name]) => name));
  const gone = [...before.keys()].filter(name => !names.has(name));
  if (differing.length + gone.length === 0) return [element("span", { class: "name" }, "nothing changed")];
  return [
    ...differing.map(([name, value]) => element("span", {},
      element("span", { class: "name" }, name), " ",
      ...(before.has(name) ? [element("span", { class: "old" }, before.get(name)), " "] : []),
      "→ ", element("span", { class: "new" }, value))),
    ...gone.map(name => element("span", {}, element("span", { class: "name" }, name), " gone")),
  ];
}

export function startChanges() {
  byId("filter-id").addEventListener("input", filter);
  byId("filter-kind").addEventListener("change", filter);
  byId("pause").addEventListener("click", togglePause);
  byId("resume").addEventListener("click", togglePause);
}
