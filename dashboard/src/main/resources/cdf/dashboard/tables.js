// The list of tables, when there are several: each is a link to the page that shows it.

import { byId, element, write } from "./dom.js";
import { count, known, seconds } from "./format.js";

export function showTables({ tables, topic }) {
  const list = byId("table-list");
  byId("tables").hidden = tables === undefined;
  if (tables === undefined) return;
  const shown = new Map([...list.children].map(item => [item.dataset.topic, item]));
  tables.forEach((table, at) => {
    const item = shown.get(table.topic) ?? made(table.topic);
    shown.delete(table.topic);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
    const link = item.firstElementChild;
    if (table.topic === topic) link.setAttribute("aria-current", "page");
    item.dataset.level = table.level;
    item.dataset.state = table.state;
    link.title = table.text;
    write(link.querySelector(".lag"), lag(table));
    write(link.querySelector(".visually-hidden"), table.text);
  });
  shown.forEach(item => item.remove());
}

function made(topic) {
  const link = element("a", { href: `?table=${encodeURIComponent(topic)}` },
    element("span", { class: "dot", "aria-hidden": "true" }), element("span", { class: "topic" }, topic),
    element("span", { class: "lag" }), element("span", { class: "visually-hidden" }));
  return element("li", { "data-topic": topic }, link);
}

function lag(table) {
  if (table.level === "bad") return table.state.replaceAll("-", " ");
  return known(table.lagMillis) ? `${seconds(table.lagMillis)} s, ${count(table.lagEvents)} wait` : "–";
}
