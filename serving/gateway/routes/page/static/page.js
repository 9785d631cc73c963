// Ties the parts together: a picture comes in, goes to the gateway, and the answer is shown.

import { showAnswer, showBusy, showNothing, showProblem } from "./answer.js";
import { curlCommand, watchCopy } from "./curl.js";
import { Problem, classify, listModels } from "./gateway.js";
import { watchIntake } from "./intake.js";
import { askForKey, currentKey, watchKey } from "./key.js";
import { Models } from "./models.js";
import { Pad } from "./pad.js";
import { watchPeek } from "./peek.js";
import { hidePreview, showPreview } from "./preview.js";

const at = (id) => document.getElementById(id);
const PAUSE = 250; // ms after a stroke, so that a digit of two strokes asks once

let uploaded = null; // the File that was chosen, dropped or pasted; null while drawing
let current = null; // the AbortController of the request under way
let timer = 0;

const models = new Models(() => {
  models.describe();
  showNothing(models.labels);
  ask();
});
const pad = new Pad(at("paper"), {
  began: startDrawing,
  changed: () => {
    showTools();
    askSoon();
  },
  pen: (sentence) => { at("pen").textContent = sentence; },
});

function startDrawing() {
  at("invitation").hidden = true;
  clearTimeout(timer);
  if (uploaded) {
    uploaded = null;
    hidePreview();
  }
}

function takePicture(file) {
  pad.drawing.clear();
  pad.render();
  uploaded = file;
  at("invitation").hidden = true;
  showPreview(file);
  showTools();
  ask();
}

function showTools() {
  at("undo").disabled = at("save").disabled = pad.drawing.empty;
  at("clear").disabled = pad.drawing.empty && !uploaded;
  at("invitation").hidden = !pad.drawing.empty || uploaded !== null;
}

function clearAll() {
  uploaded = null;
  hidePreview();
  pad.clear();
  at("paper").focus({ preventScroll: true });
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

async function ask() {
  clearTimeout(timer);
  current?.abort();
  if (!uploaded && pad.drawing.empty) return forget();
  if (!models.chosen) return; // load() asks again once the models are known
  const mine = (current = new AbortController());
  const picture = uploaded ?? (await pad.drawing.toPicture());
  showBusy(true);
  showRequest(picture);
  try {
    await answer(picture, mine.signal);
  } catch (error) {
    if (mine === current && error.name !== "AbortError") fail(error);
  } finally {
    if (mine === current) showBusy(false);
  }
}

async function answer(picture, signal) {
  const start = performance.now();
  const reply = await classify(models.chosen.name, picture, { key: currentKey(), signal });
  const milliseconds = performance.now() - start;
  if (!signal.aborted) showAnswer(reply, { labels: models.labels, metrics: models.metrics, milliseconds });
}

function forget() {
  current = null;
  showBusy(false);
  showNothing(models.labels);
  at("request").hidden = true;
}

function showRequest(picture) {
  at("request").hidden = false;
  at("curl").textContent = curlCommand({ model: models.chosen.name, picture, withKey: Boolean(currentKey()) });
  at("copied").textContent = "";
}

function fail(error) {
  if (!(error instanceof Problem)) {
    console.error(error);
    showProblem(new Problem({ title: "The page failed", detail: "Reload it and try again." }));
  } else {
    showProblem(error);
    askForKey(error);
  }
}

async function load() {
  try {
    models.show(await listModels(currentKey()));
    models.describe();
    showNothing(models.labels);
    if (!models.chosen) throw new Problem({ title: "No model", detail: "The gateway serves no model.", retryable: true });
    await ask();
  } catch (error) {
    fail(error);
  }
}

function refuse(sentence) {
  showProblem(new Problem({ title: "No picture", detail: sentence }));
}

async function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await pad.drawing.toPicture());
  link.download = "drawing.png";
  link.click();
  URL.revokeObjectURL(link.href);
}

watchIntake({ inputs: [at("choose"), at("camera")], onPicture: takePicture, onRefusal: refuse });
watchKey(load);
watchPeek();
watchCopy(at("copy"), at("curl"), at("copied"));
at("undo").addEventListener("click", () => pad.undo());
at("clear").addEventListener("click", clearAll);
at("save").addEventListener("click", save);
at("again").addEventListener("click", load);
load();
