// Writes answers and problems into the page; everything from outside goes in as text.

import { showBars } from "./bars.js";
import { showBase64 } from "./encoding.js";
import { hideNumber } from "./number.js";
import { advice, explained, facts, isDoubtful, verdict } from "./words.js";

const at = (id) => document.getElementById(id);

/** Shows at once that an answer is on its way. */
export function showLooking() {
  at("answer").setAttribute("aria-busy", "true");
  at("problem").hidden = true;
  at("verdict").hidden = false;
  if (at("verdict").dataset.status === "none") at("label").textContent = "…";
  at("sentence").textContent = "Looking …";
  at("facts").textContent = "";
  at("correction").hidden = true;
}

/** How much of a picture is sent, 0 to 1; null once it does not matter any more. */
export function showProgress(share) {
  at("progress").hidden = share === null || share >= 1;
  at("progress").value = share ?? 0;
  if (share !== null) at("sentence").textContent = share < 1 ? `Sending, ${Math.floor(share * 100)} % …` : "Looking …";
}

/** The state before the first answer: every class with an empty bar. */
export function showNothing(labels) {
  settle();
  showVerdict("none", "?", "The answer appears here as you draw.", "");
  showBars(labels.map((label) => [label, null]), null);
  hideNumber();
  showWarnings([]);
  at("seen").hidden = true;
  speak("");
}

/** One prediction of the gateway. labels gives the order of the bars, metrics the model's general quality. */
export function showAnswer({ model, prediction, milliseconds }, { title, labels, metrics }) {
  settle();
  const sentence = verdict(prediction);
  const shares = prediction.probabilities ?? {};
  const order = labels.length ? labels : Object.keys(shares);
  hideNumber();
  showVerdict(prediction.status, prediction.label, sentence, facts(title, model, metrics, milliseconds));
  at("verdict").classList.toggle("unsure", isDoubtful(prediction));
  showBars(order.map((label) => [label, shares[label] ?? 0]), prediction.label);
  showWarnings(prediction.warnings ?? []);
  showSeen(prediction.input);
  speak(`Answer: ${prediction.label}. ${sentence}`);
}

/** A problem, in place of the verdict. */
export function showProblem(problem) {
  settle();
  const [title, detail] = explained(problem);
  hideNumber();
  at("verdict").hidden = true;
  at("problem").hidden = false;
  at("problem-title").textContent = title;
  at("problem-detail").textContent = detail;
  at("problem-facts").textContent = advice(problem);
  at("again").hidden = !problem.retryable;
  at("seen").hidden = true;
  speak("");
  showWarnings([]);
  showBars([...at("bars").children].flatMap((bar) => (bar.dataset.label ? [[bar.dataset.label, null]] : [])), null);
}

/** Tells people who listen to the page. */
export function speak(sentence) {
  at("spoken").textContent = sentence;
}

/** The verdict's four parts. */
export function showVerdict(status, label, sentence, small) {
  at("problem").hidden = true;
  at("verdict").hidden = false;
  at("verdict").dataset.status = status;
  at("verdict").classList.remove("unsure");
  at("label").textContent = label;
  at("label").classList.toggle("short", label.length <= 2);
  at("sentence").textContent = sentence;
  at("facts").textContent = small;
}

export function showWarnings(warnings) {
  at("warnings").hidden = warnings.length === 0;
  at("warnings").replaceChildren(...warnings.map(textItem));
}

/** The prepared picture {png_b64, steps}, or nothing. */
export function showSeen(input) {
  at("seen").hidden = !input;
  if (!input) return;
  const steps = input.steps ?? [];
  showBase64(at("seen-picture"), input.png_b64);
  at("seen-note").textContent = steps.length
    ? "28 × 28 grey pixels, prepared in these steps:"
    : "28 × 28 grey pixels, used unchanged.";
  at("steps").replaceChildren(...steps.map(textItem));
}

function settle() {
  at("answer").setAttribute("aria-busy", "false");
  showProgress(null);
}

function textItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
