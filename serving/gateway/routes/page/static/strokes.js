// A drawing as lines of points in a unit square, and how it is painted.

import { fileOf } from "./encoding.js";

const PEN = 1 / 15; // of the paper's side: as thick as in MNIST for a digit of usual size
export const SIDE = 448; // pixels of the exported picture

/** Strokes, newest last; each a list of {x, y} in 0..1. */
export class Drawing {
  strokes = [];

  get empty() {
    return this.strokes.length === 0;
  }

  begin(point) {
    this.strokes.push([point]);
  }

  extend(point) {
    this.strokes.at(-1).push(point);
  }

  undo() {
    this.strokes.pop();
  }

  clear() {
    this.strokes = [];
  }

  /** Black on white whatever the theme: a PNG as a File. */
  toPicture() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SIDE;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff";
    context.fillRect(0, 0, SIDE, SIDE);
    paint(context, this.strokes, SIDE, "#000");
    return fileOf(canvas, "drawing.png", "image/png");
  }
}

/** Paints strokes on a square canvas context of the given side. */
export function paint(context, strokes, side, colour) {
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = side * PEN;
  context.strokeStyle = colour;
  for (const points of strokes) {
    context.beginPath();
    trace(context, points.map(({ x, y }) => [x * side, y * side]));
    context.stroke();
  }
}

// Curves through the middles between points are smooth where straight lines would show corners.
function trace(context, points) {
  context.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i += 1) {
    const [x, y] = points[i];
    const [nextX, nextY] = points[i + 1];
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  context.lineTo(...points.at(-1));
}
