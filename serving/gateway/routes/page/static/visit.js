// What was shown on this visit, newest first: kept in this tab's memory only.

import { showBase64, showBlob } from "./encoding.js";
import { explained, percent } from "./words.js";

const MOST = 50;
const at = (id) => document.getElementById(id);

export class Visit {
  #items = new Map(); // subject -> li
  #onShow;

  /** onShow(subject) is called when somebody chooses an earlier picture. */
  constructor(onShow) {
    this.#onShow = onShow;
    at("forget").addEventListener("click", () => this.clear());
  }

  /** Enters a subject {picture, name}, or updates it; result or problem is null while it is being looked at. */
  note(subject, { title = "", result = null, problem = null } = {}) {
    if (!this.#items.has(subject)) this.#add(subject);
    const item = this.#items.get(subject);
    const [label, words] = summary(result, problem);
    const button = item.querySelector("button");
    button.querySelector("b").textContent = label;
    button.querySelector(".words").textContent = [words, subject.name, title].filter(Boolean).join(" · ");
    const thumbnail = button.querySelector("img");
    if (subject.shown !== subject.picture) {
      subject.shown = subject.picture;
      thumbnail.classList.remove("unseen");
      showBlob(thumbnail, subject.picture);
    }
    // Where the browser cannot show the file: what the model saw of it.
    const seen = result?.prediction.input?.png_b64;
    thumbnail.onerror = () => instead(thumbnail, seen);
    if (thumbnail.classList.contains("unseen")) instead(thumbnail, seen);
  }

  clear() {
    for (const item of this.#items.values()) free(item);
    this.#items.clear();
    at("visited").replaceChildren();
    at("visit").hidden = true;
  }

  #add(subject) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "earlier";
    const thumbnail = document.createElement("img");
    thumbnail.alt = "";
    const words = document.createElement("span");
    words.className = "words small";
    button.append(thumbnail, document.createElement("b"), words);
    button.addEventListener("click", () => this.#onShow(subject));
    item.append(button);
    this.#items.set(subject, item);
    at("visited").prepend(item);
    at("visit").hidden = false;
    if (this.#items.size > MOST) this.#drop(this.#items.keys().next().value);
  }

  #drop(subject) {
    free(this.#items.get(subject));
    this.#items.get(subject).remove();
    this.#items.delete(subject);
  }
}

function summary(result, problem) {
  if (problem) return ["?", explained(problem)[0]];
  if (!result) return ["…", "looking"];
  if (result.reading) return [result.reading.text.replaceAll("\n", " / "), ""];
  return [result.prediction.label, percent(result.prediction.probability)];
}

function instead(thumbnail, seen) {
  thumbnail.onerror = null;
  thumbnail.classList.toggle("unseen", !seen);
  if (seen) showBase64(thumbnail, seen);
}

function free(item) {
  const { src } = item.querySelector("img");
  if (src.startsWith("blob:")) URL.revokeObjectURL(src);
}
