// The pad: draws with mouse, pen, finger or keyboard and says when a stroke ends.

import { Drawing, paint } from "./strokes.js";

const STEP = 1 / 28; // how far one press of an arrow key moves the pen
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  drawing = new Drawing();
  #canvas;
  #pen = { x: 0.5, y: 0.25 };
  #penDown = false;
  #pointer = null;
  #events;

  /** events: {began(), changed(), pen(sentence)}; changed is called when a stroke is complete or undone. */
  constructor(canvas, events) {
    this.#canvas = canvas;
    this.#events = events;
    canvas.addEventListener("pointerdown", (event) => this.#pointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#pointerMove(event));
    canvas.addEventListener("pointerup", (event) => this.#pointerUp(event));
    canvas.addEventListener("pointercancel", (event) => this.#pointerUp(event));
    canvas.addEventListener("keydown", (event) => this.#keyDown(event));
    canvas.addEventListener("focus", () => this.render());
    canvas.addEventListener("blur", () => this.#leave());
    new ResizeObserver(() => this.render()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.render());
  }

  undo() {
    this.#penDown = false;
    this.drawing.undo();
    this.render();
    this.#events.changed();
  }

  clear() {
    this.#penDown = false;
    this.drawing.clear();
    this.render();
    this.#events.changed();
  }

  render() {
    const side = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (side === 0) return;
    if (this.#canvas.width !== side) this.#canvas.width = this.#canvas.height = side;
    const context = this.#canvas.getContext("2d");
    const style = getComputedStyle(this.#canvas);
    context.clearRect(0, 0, side, side);
    paint(context, this.drawing.strokes, side, style.color);
    if (this.#canvas.matches(":focus-visible")) this.#renderPen(context, side, style.getPropertyValue("--accent"));
  }

  #renderPen(context, side, colour) {
    context.beginPath();
    context.arc(this.#pen.x * side, this.#pen.y * side, side / 40, 0, 2 * Math.PI);
    context.lineWidth = side / 160;
    context.strokeStyle = context.fillStyle = colour;
    if (this.#penDown) context.fill();
    context.stroke();
  }

  #pointerDown(event) {
    if (event.button !== 0 || this.#pointer !== null) return;
    this.#lift();
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#events.began();
    this.drawing.begin(this.#place(event));
    this.render();
  }

  #pointerMove(event) {
    if (event.pointerId !== this.#pointer) return;
    const between = event.getCoalescedEvents?.() ?? [];
    for (const each of between.length ? between : [event]) this.drawing.extend(this.#place(each));
    this.render();
  }

  #pointerUp(event) {
    if (event.pointerId !== this.#pointer) return;
    this.#pointer = null;
    this.#events.changed();
  }

  #place(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #keyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) this.#movePen(...ARROWS[event.key]);
    else if (event.key === " ") this.#switchPen();
    else if (event.key === "Backspace") this.undo();
    else if (event.key === "Escape") this.clear();
    else return;
    event.preventDefault();
  }

  #movePen(dx, dy) {
    const clamp = (value) => Math.min(0.95, Math.max(0.05, value));
    this.#pen = { x: clamp(this.#pen.x + dx * STEP), y: clamp(this.#pen.y + dy * STEP) };
    if (this.#penDown) this.drawing.extend(this.#pen);
    this.render();
  }

  #switchPen() {
    if (this.#penDown) return this.#lift();
    this.#events.began();
    this.#penDown = true;
    this.drawing.begin(this.#pen);
    this.render();
    this.#events.pen("Pen down.");
  }

  #lift() {
    if (!this.#penDown) return;
    this.#penDown = false;
    this.render();
    this.#events.pen("Pen up.");
    this.#events.changed();
  }

  #leave() {
    this.#lift();
    this.render();
  }
}
