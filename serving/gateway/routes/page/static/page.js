// Ties the parts together: a picture comes in, goes to the gateway, and the answer is shown.

import { showLooking, showNothing, showProblem, showProgress } from "./answer.js";
import { isNumber, look, lookWithAll } from "./asking.js";
import { Camera } from "./camera.js";
import { hideCorrection, watchCorrection } from "./correction.js";
import { curlCommand, watchCopy } from "./curl.js";
import { Problem, correct, listModels } from "./gateway.js";
import { watchIntake } from "./intake.js";
import { askForKey, currentKey, watchKey } from "./key.js";
import { Models } from "./models.js";
import { hideOthers, showOthers } from "./others.js";
import { Pad } from "./pad.js";
import { hidePreview, showPreview } from "./preview.js";
import { showResult } from "./showing.js";
import { Visit } from "./visit.js";
import { TOO_LARGE, isDoubtful, size } from "./words.js";

const at = (id) => document.getElementById(id);
const PAUSE = 250; // ms after a stroke, so that a digit of two strokes asks once

let subject = null; // what is being looked at: {picture, name, drawn, live}, or null
let current = null; // the AbortController of what is under way
let timer = 0;

const visit = new Visit(showAgain);
const models = new Models(() => {
  models.describe();
  if (!subject) showNothing(models.labels);
  ask();
});
const pad = new Pad(at("paper"), {
  began: startDrawing,
  changed: drawingChanged,
  pen: (sentence) => { at("pen").textContent = sentence; },
});
const camera = new Camera(at("live-picture"), at("live"), {
  started: () => start({ picture: null, name: "", live: true }),
  frame: (picture, { width, height }) => {
    if (subject?.live) Object.assign(subject, { picture, size: { width, height } });
    return ask();
  },
  stopped: () => subject?.live && forgetAnswer(),
  failed: refuse,
});

function start(next) {
  stop();
  if (!next?.live) camera.stop();
  subject = next;
  if (!next?.drawn) {
    pad.drawing.clear();
    pad.render();
  }
  hidePreview();
  if (next?.picture && !next.drawn) showPreview(next.picture);
  showTools();
}

function startDrawing() {
  clearTimeout(timer);
  if (!subject?.drawn) start({ picture: null, name: "", drawn: true });
  at("invitation").hidden = true;
}

function drawingChanged() {
  showTools();
  if (pad.drawing.empty) return forgetAnswer();
  showLooking();
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

/** Every one of several files gets its answer; the first is shown in full, all of them in the list below. */
async function takePictures(files) {
  const subjects = files.map((picture) => ({ picture, name: picture.name }));
  start(subjects[0]);
  if (subjects.length > 1) for (const each of subjects.toReversed()) visit.note(each);
  await ask();
  for (const each of subjects.slice(1)) await askAside(each);
}

function showAgain(earlier) {
  earlier.drawn = false; // it is shown as the picture it was, strokes are gone
  start(earlier);
  at("answer").scrollIntoView({ block: "nearest" });
  ask();
}

function showTools() {
  at("undo").disabled = at("save").disabled = pad.drawing.empty;
  at("clear").disabled = pad.drawing.empty && !subject;
  at("invitation").hidden = !pad.drawing.empty || subject !== null;
}

function clearAll() {
  start(null);
  forgetAnswer();
  at("paper").focus({ preventScroll: true });
}

function stop() {
  clearTimeout(timer);
  current?.abort();
  current = null;
}

function forgetAnswer() {
  stop();
  subject = null;
  showTools();
  hideOthers();
  hideCorrection();
  showNothing(models.labels);
  at("request").hidden = true;
}

async function ask() {
  stop();
  if (!subject || !models.chosen) return; // load() asks again once the models are known
  if (subject.drawn) subject.picture = pad.drawing.toPicture();
  if (!subject.picture) return;
  const mine = (current = new AbortController());
  const asked = subject;
  if (!asked.live) showLooking();
  hideOthers();
  showRequest(asked.picture, "classify");
  try {
    await answer(asked, mine.signal);
  } catch (error) {
    if (!mine.signal.aborted) await fail(error, asked, mine.signal);
  }
}

async function answer(asked, signal) {
  const model = models.chosen;
  checkSize(asked.picture);
  const onProgress = asked.drawn || asked.live ? undefined : (share) => !signal.aborted && showProgress(share);
  const result = await look(model, asked.picture, { key: currentKey(), signal, onProgress });
  if (signal.aborted) return;
  if (isNumber(result)) showRequest(asked.picture, "read");
  await showResult(asked, result, models, () => subject === asked && !signal.aborted);
  if (!asked.live) visit.note(asked, { title: models.title(model.name), result });
  await askOthers(asked.picture, signal, !asked.live && !isNumber(result) && isDoubtful(result.prediction));
}

/** Asks the other models as well: to compare, or because the chosen one doubts. */
async function askOthers(picture, signal, doubtful) {
  if (!models.comparing && !doubtful) return;
  const answers = await lookWithAll(models.others, picture, { key: currentKey(), signal });
  if (signal.aborted) return;
  const rows = answers.map(({ model, result }) => ({
    title: models.title(model.name),
    prediction: result.prediction,
    choose: () => choose(model.name),
  }));
  showOthers(rows, { onlySure: !models.comparing });
}

async function askAside(each) {
  const model = models.chosen;
  try {
    checkSize(each.picture);
    const result = await look(model, each.picture, { key: currentKey() });
    visit.note(each, { title: models.title(model.name), result });
  } catch (error) {
    visit.note(each, { problem: error });
  }
}

function choose(name) {
  models.choose(name);
  models.describe();
  ask();
}

function checkSize(picture) {
  const most = models.limits?.image_bytes;
  if (most && picture.size > most) {
    throw new Problem({ title: TOO_LARGE, detail: `It has ${size(picture.size)}, and ${size(most)} is the most.` });
  }
}

function showRequest(picture, verb) {
  at("request").hidden = false;
  at("curl").textContent = curlCommand({ model: models.chosen.name, picture, withKey: Boolean(currentKey()), verb });
  at("copied").textContent = "";
}

function fail(error, asked = null, signal = null) {
  if (!(error instanceof Problem)) {
    console.error(error);
    return showProblem(new Problem({ title: "The page failed", detail: "Reload it and try again." }));
  }
  hideCorrection();
  showProblem(error);
  askForKey(error);
  if (asked && !asked.drawn && !asked.live) visit.note(asked, { problem: error });
  if (error.code === "unusable_image" && asked) return askOthers(asked.picture, signal, true);
}

async function load() {
  try {
    models.show(await listModels(currentKey()));
    models.describe();
    at("kept").hidden = models.corrections;
    if (!subject) showNothing(models.labels);
    if (!models.chosen) throw new Problem({ title: "No model", detail: "The gateway serves no model.", retryable: true });
    await ask();
  } catch (error) {
    fail(error);
  }
}

function refuse(sentence) {
  showProblem(new Problem({ title: "No picture", detail: sentence }));
}

function save() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(pad.drawing.toPicture());
  link.download = "drawing.png";
  link.click();
  URL.revokeObjectURL(link.href);
}

watchIntake({ inputs: [at("choose"), at("camera")], onPictures: takePictures, onRefusal: refuse });
watchKey(load);
watchCorrection((label) => correct(models.chosen.name, subject.picture, label, { key: currentKey() }));
watchCopy(at("copy"), at("curl"), at("copied"));
at("undo").addEventListener("click", () => pad.undo());
at("clear").addEventListener("click", clearAll);
at("save").addEventListener("click", save);
at("again").addEventListener("click", load);
load();
