import { byId, write } from "./dom.js";
import { ago, counted, seconds, time } from "./format.js";

let shown = "";

export function showVerification({ verification, at, topic }) {
  shown = topic;
  const button = byId("verify");
  button.disabled = !verification.available || verification.running;
  write(button, verification.running ? "Verifying…" : "Verify now");
  const verdict = byId("verdict");
  if (verification.at === undefined) {
    verdict.dataset.verdict = "none";
    write(verdict, verification.running ? "Replays the topic and compares it with the table."
      : verification.available ? "Not verified yet." : "There is no verifier here; cdf verify compares topic and table.");
    write(byId("verdict-more"), "");
    return;
  }
  const told = verification.verified !== undefined;
  verdict.dataset.verdict = told ? (verification.verified ? "right" : "wrong") : "none";
  write(verdict, verification.message);
  write(byId("verdict-more"), `${time(verification.at)}, ${ago(at - verification.at)}`
    + (told ? `: ${counted(verification.rows, "row")} compared in ${seconds(verification.millis)} s, ${counted(verification.differences, "difference")}` : ""));
}

export async function verify() {
  if (byId("verify").disabled) return;
  byId("verify").disabled = true;
  const answer = await fetch(`api/verify?table=${encodeURIComponent(shown)}`, { method: "POST" });
  if (!answer.ok && answer.status !== 409) write(byId("verdict"), (await answer.text()).trim());
}

export function startVerification() {
  byId("verify").addEventListener("click", verify);
}
