// The gateway's HTTP API, as far as the page needs it.

/** An answer that is no answer: what went wrong, in the gateway's words (problem+json). */
export class Problem extends Error {
  constructor({ status = 0, title = "", detail = "", retryable = false, requestId = "", retryAfter = "" }) {
    super(detail || title);
    Object.assign(this, { status, title, detail, retryable, requestId, retryAfter });
  }
}

/** Where pictures go to be classified, relative to the page. */
export function classifyPath(model) {
  return `v1/models/${encodeURIComponent(model)}:classify?include=probabilities,input`;
}

/** What is served: {models, default, notice}. */
export function listModels(key) {
  return call("v1/models", { headers: credentials(key) });
}

/** Classifies one picture (a Blob); resolves to {model, prediction}. */
export async function classify(model, picture, { key, signal }) {
  const headers = { "Content-Type": pictureType(picture), ...credentials(key) };
  const answer = await call(classifyPath(model), { method: "POST", headers, body: picture, signal });
  return { model: answer.model, prediction: answer.predictions[0] };
}

/** The type to send a picture as; browsers leave it empty for files they do not know. */
export function pictureType(picture) {
  return picture.type || "application/octet-stream";
}

function credentials(key) {
  return key ? { Authorization: `Bearer ${key}` } : {};
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({
      title: "The gateway cannot be reached",
      detail: "Check that it is running and that you are connected, then try again.",
      retryable: true,
    });
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  throw problemOf(response, body ?? {});
}

function problemOf(response, body) {
  return new Problem({
    status: response.status,
    title: String(body.title ?? "The gateway gave no proper answer"),
    detail: String(body.detail ?? `It answered with status ${response.status}.`),
    retryable: body.retryable === true || response.status >= 500,
    requestId: String(body.request_id ?? response.headers.get("X-Request-ID") ?? ""),
    retryAfter: response.headers.get("Retry-After") ?? "",
  });
}
