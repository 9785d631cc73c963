// A number of several digits: boxes over the picture, the digits in a row, each with what the model saw.

import { percent } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const at = (id) => document.getElementById(id);

/** Shows a reading over a picture of this size; onChoose(mark) is called with the least likely mark first. */
export function showNumber(reading, { width, height }, onChoose) {
  const marks = reading.lines.flatMap((line) => line.marks);
  const svg = at("boxes");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  const pairs = marks.map((mark) => [button(mark), frame(mark, Math.max(width, height))]);
  const choose = (index) => {
    pairs.forEach((pair, each) => {
      pair[0].firstChild.setAttribute("aria-pressed", String(each === index));
      pair[1].classList.toggle("chosen", each === index);
    });
    onChoose(marks[index]);
  };
  pairs.forEach(([item, box], index) => {
    item.firstChild.addEventListener("click", () => choose(index));
    box.addEventListener("click", () => choose(index));
    svg.append(box);
  });
  at("marks").replaceChildren(...pairs.map(([item]) => item));
  svg.toggleAttribute("hidden", false);
  at("marks").hidden = false;
  choose(marks.indexOf(marks.reduce((least, mark) => (mark.probability < least.probability ? mark : least))));
}

/** Takes boxes and digits away. */
export function hideNumber() {
  at("boxes").toggleAttribute("hidden", true);
  at("boxes").replaceChildren();
  at("marks").hidden = true;
  at("marks").replaceChildren();
}

function button(mark) {
  const item = document.createElement("li");
  const element = document.createElement("button");
  element.type = "button";
  element.className = "mark";
  element.dataset.status = mark.status;
  const label = document.createElement("b");
  label.textContent = mark.label;
  const share = document.createElement("span");
  share.textContent = percent(mark.probability);
  element.append(label, " ", share);
  item.append(element);
  return item;
}

function frame(mark, side) {
  const [left, top, width, height] = mark.box;
  const group = document.createElementNS(SVG, "g");
  group.dataset.status = mark.status;
  const box = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: left, y: top, width, height })) box.setAttribute(name, value);
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", left + 2);
  text.setAttribute("y", Math.max(top - side / 100, side / 20));
  text.setAttribute("font-size", side / 18);
  text.textContent = mark.label;
  group.append(box, text);
  return group;
}
