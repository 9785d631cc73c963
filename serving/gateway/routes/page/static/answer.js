// Writes answers and problems into the page; everything from outside goes in as text.

import { advice, doubt, facts, percent } from "./words.js";

const at = (id) => document.getElementById(id);

/** Marks the answer as on its way, or as there. */
export function showBusy(busy) {
  at("answer").setAttribute("aria-busy", String(busy));
}

/** The state before the first answer: every class with an empty bar. */
export function showNothing(labels) {
  showVerdict("none", "?", "The answer appears here as you draw.", "");
  showBars(labels.map((label) => [label, null]), null);
  showWarnings([]);
  at("seen").hidden = true;
  at("spoken").textContent = "";
}

/** One prediction of the gateway. labels gives the order of the bars, metrics the model's general quality. */
export function showAnswer({ model, prediction }, { labels, metrics, milliseconds }) {
  const sentence = doubt(prediction);
  const shares = prediction.probabilities ?? {};
  const order = labels.length ? labels : Object.keys(shares);
  showVerdict(prediction.status, prediction.label, sentence, facts(model, metrics, milliseconds));
  showBars(order.map((label) => [label, shares[label] ?? 0]), prediction.label);
  showWarnings(prediction.warnings ?? []);
  showSeen(prediction.input);
  at("spoken").textContent = `Answer: ${prediction.label}, ${percent(prediction.probability)}. ${sentence}`;
}

/** A problem, in place of the verdict. */
export function showProblem(problem) {
  at("verdict").hidden = true;
  at("problem").hidden = false;
  at("problem-title").textContent = problem.title;
  at("problem-detail").textContent = problem.detail;
  at("problem-facts").textContent = advice(problem);
  at("again").hidden = !problem.retryable;
  at("seen").hidden = true;
  at("spoken").textContent = "";
  showWarnings([]);
  for (const bar of at("bars").children) fillBar(bar, null, false);
}

function showVerdict(status, label, sentence, small) {
  at("problem").hidden = true;
  at("verdict").hidden = false;
  at("verdict").dataset.status = status;
  at("label").textContent = label;
  at("label").classList.toggle("short", label.length <= 2);
  at("sentence").textContent = sentence;
  at("facts").textContent = small;
}

function showBars(shares, winner) {
  const list = at("bars");
  const names = [...list.children].map((bar) => bar.dataset.label);
  const same = names.length === shares.length && shares.every(([label], index) => label === names[index]);
  if (!same) list.replaceChildren(...shares.map(([label]) => newBar(label)));
  shares.forEach(([label, share], index) => fillBar(list.children[index], share, label === winner));
}

function newBar(label) {
  const bar = document.createElement("li");
  bar.dataset.label = label;
  const [name, track, share, fill] = ["name", "track", "share", "fill"].map((part) => {
    const element = document.createElement("span");
    element.className = part;
    return element;
  });
  name.textContent = label;
  track.append(fill);
  track.setAttribute("aria-hidden", "true");
  bar.append(name, " ", track, " ", share);
  return bar;
}

function fillBar(bar, share, winner) {
  bar.classList.toggle("top-class", winner);
  bar.querySelector(".fill").style.width = `${share < 0.002 ? 0 : share * 100}%`;
  bar.querySelector(".share").textContent = share === null ? "" : percent(share);
}

function showWarnings(warnings) {
  at("warnings").hidden = warnings.length === 0;
  at("warnings").replaceChildren(...warnings.map(textItem));
}

function showSeen(input) {
  at("seen").hidden = !input;
  if (!input) return;
  const steps = input.steps ?? [];
  showPicture(at("seen-picture"), input.png_b64);
  at("seen-note").textContent = steps.length
    ? "28 × 28 grey pixels, prepared in these steps:"
    : "28 × 28 grey pixels, taken as they came.";
  at("steps").replaceChildren(...steps.map(textItem));
}

function showPicture(image, base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const old = image.src;
  image.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}

function textItem(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}
