// What is being looked at, and the questions to the gateway about it; a new one ends those before.

import { showLooking, showNothing, showProblem, showProgress } from "./answer.js";
import { isNumber, look, lookWithAll } from "./asking.js";
import { hideCorrection } from "./correction.js";
import { hideRequest, showRequest } from "./curl.js";
import { Problem } from "./gateway.js";
import { askForKey, currentKey } from "./key.js";
import { hideOthers, showOthers } from "./others.js";
import { showResult } from "./showing.js";
import { TOO_LARGE, isDoubtful, size } from "./words.js";

const PAUSE = 250; // ms after a stroke, so that a digit of two strokes asks once

export class Session {
  subject = null; // {picture, name, drawn, live}, or null
  #models;
  #visit;
  #draw;
  #current = null; // the AbortController of what is under way
  #timer = 0;

  /** draw() gives the drawing on the pad as a File. */
  constructor({ models, visit, draw }) {
    this.#models = models;
    this.#visit = visit;
    this.#draw = draw;
  }

  /** Looks at something else, or at nothing; what is under way ends. */
  begin(subject) {
    this.stop();
    this.subject = subject;
  }

  stop() {
    clearTimeout(this.#timer);
    this.#current?.abort();
    this.#current = null;
  }

  /** Takes the answer back, at once and for good. */
  forget() {
    this.begin(null);
    hideOthers();
    hideCorrection();
    hideRequest();
    showNothing(this.#models.labels);
  }

  askSoon() {
    showLooking();
    this.wait();
    this.#timer = setTimeout(() => this.ask(), PAUSE);
  }

  /** Does not ask yet: another stroke has begun. */
  wait() {
    clearTimeout(this.#timer);
  }

  async ask() {
    this.stop();
    const asked = this.subject;
    if (!asked || !this.#models.chosen) return; // the page asks again once the models are known
    if (asked.drawn) asked.picture = this.#draw();
    if (!asked.picture) return;
    const { signal } = (this.#current = new AbortController());
    if (!asked.live) showLooking();
    hideOthers();
    showRequest(this.#models.chosen.name, asked.picture, "classify");
    try {
      await this.#answer(asked, signal);
    } catch (error) {
      if (!signal.aborted) await this.fail(error, asked, signal);
    }
  }

  /** Asks about one of several pictures; its answer goes to the visit alone. */
  async askAside(subject) {
    const model = this.#models.chosen;
    try {
      this.#checkSize(subject.picture);
      const result = await look(model, subject.picture, { key: currentKey() });
      this.#visit.note(subject, { title: this.#models.title(model.name), result });
    } catch (error) {
      this.#visit.note(subject, { problem: error });
    }
  }

  /** Explains what went wrong. */
  async fail(error, asked = null, signal = null) {
    if (!(error instanceof Problem)) {
      console.error(error);
      return showProblem(new Problem({ title: "The page failed", detail: "Reload it and try again." }));
    }
    hideCorrection();
    showProblem(error);
    askForKey(error);
    if (asked && !asked.drawn && !asked.live) this.#visit.note(asked, { problem: error });
    if (error.code === "unusable_image" && asked) await this.#askOthers(asked.picture, signal, !asked.live);
  }

  async #answer(asked, signal) {
    const model = this.#models.chosen;
    this.#checkSize(asked.picture);
    const onProgress = asked.drawn || asked.live ? undefined : (share) => !signal.aborted && showProgress(share);
    const result = await look(model, asked.picture, { key: currentKey(), signal, onProgress });
    if (signal.aborted) return;
    if (isNumber(result)) showRequest(model.name, asked.picture, "read");
    await showResult(asked, result, this.#models, () => !signal.aborted);
    if (!asked.live) this.#visit.note(asked, { title: this.#models.title(model.name), result });
    const doubtful = !asked.live && !isNumber(result) && isDoubtful(result.prediction);
    await this.#askOthers(asked.picture, signal, doubtful);
  }

  /** Asks the other models as well: to compare, or because the chosen one doubts. */
  async #askOthers(picture, signal, doubtful) {
    const models = this.#models;
    if (!models.comparing && !doubtful) return;
    const answers = await lookWithAll(models.others, picture, { key: currentKey(), signal });
    if (signal.aborted) return;
    const rows = answers.map(({ model, result }) => ({
      title: models.title(model.name),
      prediction: result.prediction,
      choose: () => models.choose(model.name),
    }));
    showOthers(rows, { onlySure: !models.comparing });
  }

  #checkSize(picture) {
    const most = this.#models.limits?.image_bytes;
    if (most && picture.size > most) {
      throw new Problem({ title: TOO_LARGE, detail: `It has ${size(picture.size)}; the limit is ${size(most)}.` });
    }
  }
}
