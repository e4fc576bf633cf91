import { byId, write } from "./dom.js";

const KEY = "cdf-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = [];
let colours = new Map();
let probe;

const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

function changed() {
  colours = new Map();
  write(byId("theme-button"), dark() ? "Light" : "Dark");
  listeners.forEach(listener => listener());
}

// Calls a listener whenever the colours change.
export const onColours = listener => listeners.push(listener);

// A colour of the style sheet, as what is drawn on a canvas needs it.
export function colour(name) {
  if (!colours.has(name)) {
    probe ??= document.body.appendChild(document.createElement("span"));
    probe.hidden = true;
    probe.style.color = `var(--${name})`;
    colours.set(name, getComputedStyle(probe).color);
  }
  return colours.get(name);
}

export function toggleTheme() {
  const next = dark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem(KEY, next);
  changed();
}

export function startTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen) document.documentElement.dataset.theme = chosen;
  system.addEventListener("change", changed);
  byId("theme-button").addEventListener("click", toggleTheme);
  changed();
}
