// How likely each class is, one bar a class; those that hardly are share one line.

const FOLDED_BELOW = 0.001;
const MOST_EMPTY = 12; // bars shown before there is an answer

import { percent } from "./words.js";

const list = document.getElementById("bars");

/** Shows [label, share] pairs in this order; share is null where nothing is known yet. */
export function showBars(shares, winner) {
  const shown = shares.filter(([label, share]) => share === null || share >= FOLDED_BELOW || label === winner);
  const folded = shares.length - shown.length;
  const bars = shown.slice(0, winner === null ? MOST_EMPTY : shown.length);
  keepBars(bars.map(([label]) => label));
  bars.forEach(([label, share], index) => fill(list.children[index], share, label === winner));
  if (folded) list.append(rest(folded, shares));
}

function keepBars(labels) {
  const kept = new Map([...list.children].map((bar) => [bar.dataset.label, bar]));
  list.replaceChildren(...labels.map((label) => kept.get(label) ?? newBar(label)));
}

function newBar(label) {
  const bar = document.createElement("li");
  bar.dataset.label = label;
  const [name, track, share, filled] = ["name", "track", "share", "fill"].map((part) => {
    const element = document.createElement("span");
    element.className = part;
    return element;
  });
  name.textContent = label;
  track.append(filled);
  track.setAttribute("aria-hidden", "true");
  bar.append(name, " ", track, " ", share);
  return bar;
}

function fill(bar, share, winner) {
  bar.classList.toggle("top-class", winner);
  bar.querySelector(".fill").style.width = `${share < 0.002 ? 0 : share * 100}%`;
  bar.querySelector(".share").textContent = share === null ? "" : percent(share);
}

function rest(count, shares) {
  const item = document.createElement("li");
  item.className = "rest";
  const names = shares.filter(([, share]) => share < FOLDED_BELOW).map(([label]) => label);
  item.textContent = `${names.length <= 10 ? names.join(", ") : `${count} others`}: < 0.1 %${count > 1 ? " each" : ""}`;
  return item;
}
