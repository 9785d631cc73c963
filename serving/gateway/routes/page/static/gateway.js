// The gateway's HTTP API, as far as the page needs it.

/** An answer that is no answer: what went wrong, in the gateway's words (problem+json). */
export class Problem extends Error {
  constructor({ status = 0, code = "", title = "", detail = "", retryable = false, requestId = "", retryAfter = "" }) {
    super(detail || title);
    Object.assign(this, { status, code, title, detail, retryable, requestId, retryAfter });
  }
}

/** Where pictures go, relative to the page; verb is classify, read or correct. */
export function pathOf(model, verb = "classify") {
  const query = verb === "correct" ? "" : "?include=probabilities,input";
  return `v1/models/${encodeURIComponent(model)}:${verb}${query}`;
}

/** What is served: {models, default, notice, limits, corrections}. */
export function listModels(key) {
  return call("GET", "v1/models", { key });
}

/** Classifies one picture (a File); resolves to {model, prediction}. onProgress gets the share sent, 0 to 1. */
export async function classify(model, picture, options) {
  const answer = await call("POST", pathOf(model), { ...options, picture });
  return { model: answer.model, prediction: answer.predictions[0] };
}

/** Reads the number on one picture; resolves to {model, reading}. */
export async function readNumber(model, picture, options) {
  const answer = await call("POST", pathOf(model, "read"), { ...options, picture });
  return { model: answer.model, reading: answer.readings[0] };
}

/** Tells the gateway what a picture really shows. */
export function correct(model, picture, label, options) {
  const form = new FormData();
  form.append("label", label);
  form.append("image", picture, picture.name || "picture");
  return call("POST", pathOf(model, "correct"), { ...options, form });
}

/** The type to send a picture as; browsers leave it empty for files they do not know. */
export function pictureType(picture) {
  return picture.type || "application/octet-stream";
}

// XMLHttpRequest, because fetch does not tell how much of an upload is sent.
function call(method, path, { key = "", picture, form, signal, onProgress } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    if (key) request.setRequestHeader("Authorization", `Bearer ${key}`);
    if (picture) request.setRequestHeader("Content-Type", pictureType(picture));
    request.onload = () => settle(request, resolve, reject);
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException("Aborted", "AbortError"));
    if (onProgress) request.upload.onprogress = (event) => onProgress(event.loaded / event.total);
    if (signal?.aborted) return request.onabort();
    signal?.addEventListener("abort", () => request.abort(), { once: true });
    request.send(picture ?? form ?? null);
  });
}

function settle(request, resolve, reject) {
  const body = parse(request.responseText);
  if (request.status < 400 && body) resolve(body);
  else reject(problemOf(request, body ?? {}));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unreachable() {
  return new Problem({
    title: "The gateway cannot be reached",
    detail: "Check that it is running and that you are connected, then try again.",
    retryable: true,
  });
}

function problemOf(request, body) {
  return new Problem({
    status: request.status,
    code: String(body.code ?? ""),
    title: String(body.title ?? "The gateway sent an invalid answer"),
    detail: String(body.detail ?? `It answered with status ${request.status}.`),
    retryable: body.retryable === true || request.status >= 500,
    requestId: String(body.request_id ?? request.getResponseHeader("X-Request-ID") ?? ""),
    retryAfter: request.getResponseHeader("Retry-After") ?? "",
  });
}
