// One picture, one model: what it shows, as one mark or as a number.

import { classify, readNumber } from "./gateway.js";
import { readsNumbers } from "./models.js";

/**
 * Asks a model about a picture.
 *
 * A picture on which the gateway saw more than one mark is read as a number as well.
 *
 * @returns {model, prediction, reading, milliseconds}; reading is null for a single mark.
 */
export async function look(model, picture, options) {
  const start = performance.now();
  const { model: answered, prediction } = await classify(model.name, picture, options);
  let reading = null;
  if (readsNumbers(model) && prediction.warnings?.length) reading = await number(model.name, picture, options);
  return { model: answered, prediction, reading, milliseconds: performance.now() - start };
}

/** Asks several models; resolves to [{model, result}] of those that answered. */
export async function lookWithAll(models, picture, options) {
  const asked = models.map(async (model) => ({ model, result: await look(model, picture, options) }));
  const settled = await Promise.allSettled(asked);
  return settled.filter(({ status }) => status === "fulfilled").map(({ value }) => value);
}

/** Whether a result is a number of several digits. */
export function isNumber(result) {
  return result.reading !== null;
}

async function number(name, picture, { key, signal }) {
  try {
    const { reading } = await readNumber(name, picture, { key, signal });
    const marks = reading.lines.flatMap((line) => line.marks);
    return marks.length > 1 ? reading : null;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null; // the single mark is an answer too
  }
}
