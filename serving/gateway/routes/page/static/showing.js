// A result in full: one mark or a number, with its picture.

import { showAnswer, showSeen, showVerdict, showWarnings, speak } from "./answer.js";
import { isNumber } from "./asking.js";
import { showBars } from "./bars.js";
import { hideCorrection, offerCorrection } from "./correction.js";
import { showNumber } from "./number.js";
import { previewSize } from "./preview.js";
import { SIDE } from "./strokes.js";
import { facts, numberVerdict } from "./words.js";

/** Shows what a model says of a subject; isCurrent() tells whether the subject is still being looked at. */
export async function showResult(subject, result, models, isCurrent) {
  const { chosen, labels, metrics } = models;
  showAnswer(result, { title: models.title(chosen.name), labels, metrics });
  if (models.corrections && !isNumber(result)) offerCorrection(labels, result.prediction.label);
  else hideCorrection();
  if (!isNumber(result)) return;
  const size = await sizeOf(subject);
  if (isCurrent()) showReading(result, size, models);
}

function showReading({ model, reading, milliseconds }, size, models) {
  const words = numberVerdict(reading);
  const small = facts(models.title(models.chosen.name), model, null, milliseconds);
  showVerdict(reading.status, reading.text, words, small);
  showWarnings([]);
  speak(`Answer: ${reading.text}. ${words}`);
  showNumber(reading, size, (mark) => {
    showSeen(mark.input);
    showBars(models.labels.map((label) => [label, mark.probabilities[label]]), mark.label);
  });
}

/** Width and height of a subject's picture, in which the boxes are given. */
async function sizeOf(subject) {
  if (subject.drawn) return { width: SIDE, height: SIDE };
  return subject.size ?? (await previewSize()) ?? { width: 0, height: 0 };
}
