// Figures and doubt, said in words.

const SURE = 0.99;
const FAIRLY_SURE = 0.8;

/** 0.98765 as "98.8 %"; never 100 %, which no model can promise, and never 0 % for what is possible. */
export function percent(probability) {
  if (probability > 0.999) return "> 99.9 %";
  if (probability > 0 && probability < 0.001) return "< 0.1 %";
  return `${(probability * 100).toFixed(1)} %`;
}

/** How sure a calibrated probability is. */
export function sureness(probability) {
  if (probability >= SURE) return "Sure";
  return probability >= FAIRLY_SURE ? "Fairly sure" : "Unsure";
}

/** Whether an answer should be looked at twice. */
export function isDoubtful({ status, probability }) {
  return status !== "ok" || probability < FAIRLY_SURE;
}

/** One sentence on how far an answer can be trusted, with its percentage. */
export function verdict(prediction) {
  const { status, probability } = prediction;
  if (status === "out_of_distribution") {
    return `A guess, ${percent(probability)}: this looks unlike anything the model has learned.`;
  }
  if (status === "uncertain") return uncertain(prediction);
  return `${sureness(probability)}: ${percent(probability)}.`;
}

function uncertain({ probability, top = [] }) {
  const [, second] = top;
  const or = second && second.probability >= 0.01 ? ` It may be ${second.label} (${percent(second.probability)}).` : "";
  return `Uncertain: ${percent(probability)}.${or} Please check.`;
}

/** One sentence on a number that was read. */
export function numberVerdict(reading) {
  const marks = reading.lines.flatMap((line) => line.marks);
  const least = Math.min(...marks.map((mark) => mark.probability));
  const count = `${marks.length} digits${reading.lines.length > 1 ? ` in ${reading.lines.length} lines` : ""}`;
  const words = `${count}, the least certain ${percent(least)}.`;
  return reading.status === "ok" ? `${sureness(least)}: ${words}` : `Uncertain: ${words} Please check.`;
}

/** Who answered, how well it does in general, and how long this one took. */
export function facts(title, model, metrics, milliseconds) {
  const parts = [`${title}, version ${model.version}`];
  if (typeof metrics?.accuracy === "number") parts.push(`right on ${percent(metrics.accuracy)} of its test pictures`);
  parts.push(`answered in ${Math.max(1, Math.round(milliseconds))} ms`);
  return parts.join(" · ");
}

const KINDS = "a PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC or AVIF file";
export const TOO_LARGE = "That picture is too large";
const IN_OUR_WORDS = {
  unsupported_image: ["That is not a picture", `Choose ${KINDS}.`],
  unsupported_media_type: ["That is not a picture", `Choose ${KINDS}.`],
  unreadable_image: ["That picture is damaged", "Open it in a picture viewer and save it again, or choose another one."],
  too_large: [TOO_LARGE, "Make it smaller, or photograph it with fewer megapixels."],
  rate_limited: ["Too many pictures", "You have reached the gateway's limit. Wait a moment, then try again."],
  overloaded: ["The service is busy", "Wait a moment, then try again."],
};

/** Title and detail of a problem for somebody at the page: ours where the gateway's are for programs. */
export function explained(problem) {
  return IN_OUR_WORDS[problem.code] ?? [problem.title, problem.detail];
}

/** What a person can do about a problem, beyond what its detail says. */
export function advice(problem) {
  const parts = [];
  if (problem.retryAfter) parts.push(`Try again in ${problem.retryAfter} s.`);
  if (problem.status) parts.push(`Status ${problem.status}`);
  if (problem.requestId) parts.push(`request ${problem.requestId}`);
  return parts.join(" · ");
}

/** 10000000 as "10 MB". */
export function size(bytes) {
  return bytes >= 1e6 ? `${+(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}
