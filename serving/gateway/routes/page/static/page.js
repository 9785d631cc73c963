// Ties the parts together: where pictures come from, and what the buttons do.

import { showNothing, showProblem } from "./answer.js";
import { Camera } from "./camera.js";
import { watchCorrection } from "./correction.js";
import { watchCopy } from "./curl.js";
import { Problem, correct, listModels } from "./gateway.js";
import { watchIntake } from "./intake.js";
import { currentKey, watchKey } from "./key.js";
import { Models } from "./models.js";
import { Pad } from "./pad.js";
import { hidePreview, showPreview } from "./preview.js";
import { Session } from "./session.js";
import { Visit } from "./visit.js";

const at = (id) => document.getElementById(id);

const visit = new Visit(showAgain);
const models = new Models(() => {
  if (!session.subject) showNothing(models.labels);
  session.ask();
});
const pad = new Pad(at("paper"), {
  began: startDrawing,
  changed: drawingChanged,
  pen: (sentence) => { at("pen").textContent = sentence; },
});
const session = new Session({ models, visit, draw: () => pad.drawing.toPicture() });
const camera = new Camera(at("live-picture"), at("live"), {
  started: () => start({ picture: null, name: "", live: true }),
  frame: (picture, { width, height }) => {
    if (session.subject?.live) Object.assign(session.subject, { picture, size: { width, height } });
    return session.ask();
  },
  stopped: () => session.subject?.live && forget(),
  failed: refuse,
});

/** Shows another picture, or none, on the pad. */
function start(subject) {
  if (!subject?.live) camera.stop();
  session.begin(subject);
  if (!subject?.drawn) {
    pad.drawing.clear();
    pad.render();
  }
  hidePreview();
  if (subject?.picture && !subject.drawn) showPreview(subject.picture);
  showTools();
}

function startDrawing() {
  session.wait();
  if (!session.subject?.drawn) start({ picture: null, name: "", drawn: true });
  at("invitation").hidden = true;
}

function drawingChanged() {
  showTools();
  if (pad.drawing.empty) forget();
  else session.askSoon();
}

/** Every one of several files gets its answer; the first is shown in full, all of them in the list below. */
async function takePictures(files) {
  const subjects = files.map((picture) => ({ picture, name: picture.name }));
  start(subjects[0]);
  if (subjects.length > 1) for (const each of subjects.toReversed()) visit.note(each);
  await session.ask();
  for (const each of subjects.slice(1)) await session.askAside(each);
}

function showAgain(earlier) {
  earlier.drawn = false; // it is shown as the picture it was; its strokes are gone
  start(earlier);
  at("answer").scrollIntoView({ block: "nearest" });
  session.ask();
}

function showTools() {
  at("undo").disabled = at("save").disabled = pad.drawing.empty;
  at("clear").disabled = pad.drawing.empty && !session.subject;
  at("invitation").hidden = !pad.drawing.empty || session.subject !== null;
}

function clearAll() {
  start(null);
  forget();
  at("paper").focus({ preventScroll: true });
}

function forget() {
  session.forget();
  showTools();
}

async function load() {
  try {
    models.show(await listModels(currentKey()));
    if (models.corrections) at("kept").textContent = "Nothing you draw or upload is kept, unless you correct its answer.";
    if (!session.subject) showNothing(models.labels);
    if (!models.chosen) throw new Problem({ title: "No model", detail: "The gateway serves no model.", retryable: true });
    await session.ask();
  } catch (error) {
    session.fail(error);
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
watchCorrection((label) => correct(models.chosen.name, session.subject.picture, label, { key: currentKey() }));
watchCopy(at("copy"), at("curl"), at("copied"));
at("undo").addEventListener("click", () => pad.undo());
at("clear").addEventListener("click", clearAll);
at("save").addEventListener("click", save);
at("again").addEventListener("click", load);
load();
