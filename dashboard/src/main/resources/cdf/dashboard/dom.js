// The page's only way to make elements. Text becomes text nodes, so nothing that a row holds can be markup.

export const byId = id => document.getElementById(id);

// An element with attributes and children, which are elements or text.
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.map(child => child instanceof Node ? child : document.createTextNode(String(child))));
  return made;
}

// Writes a text, if it is another one: what has not changed costs nothing.
export function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

// Writes a figure wherever the page has it.
export function figure(name, text, value = text) {
  for (const target of document.querySelectorAll(`[data-figure="${name}"]`)) {
    write(target, text);
    target.dataset.value = value;
  }
}

// A table with a head; the rows' cells are texts.
export function table(caption, columns, rows) {
  const head = element("thead", {}, element("tr", {}, ...columns.map(column => element("th", { scope: "col" }, column))));
  const body = element("tbody", {}, ...rows.map(row =>
    element("tr", {}, ...row.map((cell, at) => at === 0 ? element("th", { scope: "row" }, cell) : element("td", {}, cell)))));
  const made = element("table", {}, element("caption", { class: "visually-hidden" }, caption), head, body);
  return element("div", { class: "table-scroll", tabindex: "0", role: "region", "aria-label": caption }, made);
}
