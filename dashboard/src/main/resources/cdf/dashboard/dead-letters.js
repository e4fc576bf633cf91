import { byId, element, write } from "./dom.js";
import { count, time } from "./format.js";

const KEPT = 100;

export function showDeadLetters(status, letters, whole) {
  byId("no-letter").hidden = status.deadLettered > 0;
  byId("letters-scroll").hidden = status.deadLettered === 0;
  showReasons(status.reasons);
  const list = byId("letters");
  if (whole) list.replaceChildren();
  list.prepend(...letters.slice().reverse().map(letter => row(status.topic, letter)));
  while (list.childElementCount > KEPT) list.lastElementChild.remove();
}

function showReasons(reasons) {
  const list = byId("reasons");
  while (list.childElementCount > reasons.length) list.lastElementChild.remove();
  reasons.forEach(({ reason, letters }, at) => {
    const item = list.children[at] ?? list.appendChild(element("li", {}, element("span"), element("b")));
    write(item.firstElementChild, reason);
    write(item.lastElementChild, count(letters));
  });
}

function row(topic, letter) {
  const details = element("details", {}, element("summary", {},
    element("span", { class: "mono" }, `${time(letter.at)} ${topic}-${letter.partition}@${letter.offset}`), letter.reason));
  details.addEventListener("toggle", () => {
    if (details.childElementCount === 1) details.append(...bytes("key", letter.key), ...bytes("value", letter.value));
  });
  return element("li", {}, details);
}

// The bytes as text, or as hexadecimal digits where they are no text or somebody asks for it.
function bytes(name, content) {
  if (!content) return [element("p", { class: "label" }, `no ${name}`)];
  const raw = Uint8Array.from(atob(content.base64), character => character.charCodeAt(0));
  const cut = raw.length < content.length;
  const text = asText(raw, cut);
  const shown = element("pre", { tabindex: "0", "aria-label": `the ${name}'s bytes` }, text ?? asHex(raw));
  const label = element("p", { class: "label" }, `${name}, ${count(content.length)} bytes`
    + (cut ? `, the first ${count(raw.length)} here; cdf dead-letters has all` : "") + (text === null ? ", not UTF-8 " : " "));
  if (text !== null) {
    const button = element("button", { type: "button", "aria-pressed": "false" }, "hex");
    button.addEventListener("click", () => {
      const hex = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(hex));
      shown.textContent = hex ? asHex(raw) : text;
    });
    label.append(button);
  }
  return [label, shown];
}

function asText(raw, cut) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw, { stream: cut });
  } catch (notText) {
    return null;
  }
}

const asHex = raw => Array.from(raw, byte => byte.toString(16).padStart(2, "0")).join(" ");
