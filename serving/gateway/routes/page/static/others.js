// What the other models say of the same picture: side by side when asked for, or when they know better.

import { isDoubtful, verdict } from "./words.js";

const list = document.getElementById("others");

/** Shows [{title, prediction, choose()}] of other models; onlySure leaves out those that doubt as well. */
export function showOthers(answers, { onlySure }) {
  const shown = onlySure ? answers.filter(({ prediction }) => !isDoubtful(prediction)) : answers;
  list.hidden = shown.length === 0;
  list.replaceChildren(...shown.map((answer) => row(answer, onlySure)));
}

export function hideOthers() {
  list.hidden = true;
  list.replaceChildren();
}

function row({ title, prediction, choose }, suggested) {
  const item = document.createElement("li");
  const name = document.createElement("span");
  name.className = "quiet";
  name.textContent = title;
  const label = document.createElement("b");
  label.textContent = prediction.label;
  const words = document.createElement("span");
  words.textContent = verdict(prediction);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = suggested ? `Try ${title}` : `Choose ${title}`;
  button.addEventListener("click", choose);
  item.append(name, " ", label, " ", words, " ", button);
  return item;
}
