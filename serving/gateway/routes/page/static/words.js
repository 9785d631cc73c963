// Figures and doubt, said in words.

/** 0.98765 as "98.8 %"; never 100 % for what is not certain, never 0 % for what is possible. */
export function percent(probability) {
  if (probability >= 1) return "100 %";
  if (probability > 0.999) return "> 99.9 %";
  if (probability > 0 && probability < 0.001) return "< 0.1 %";
  return `${(probability * 100).toFixed(1)} %`;
}

/** One sentence on how far the answer can be trusted. */
export function doubt(prediction) {
  if (prediction.status === "out_of_distribution") {
    return "This looks unlike anything the model has learned. Take the answer for a guess.";
  }
  if (prediction.status === "uncertain") return uncertain(prediction);
  return prediction.probability >= 0.99 ? "The model is sure." : "The model is fairly sure.";
}

function uncertain(prediction) {
  const [first, second] = prediction.top ?? [];
  if (!first || !second) return "The model is in doubt. Look twice.";
  return `The model is in doubt: ${first.label} (${percent(first.probability)}) or ${second.label} (${percent(second.probability)}). Look twice.`;
}

/** Who answered, how well it does in general, and how long this one took. */
export function facts(model, metrics, milliseconds) {
  const parts = [`${model.name}, version ${model.version}`];
  if (typeof metrics?.accuracy === "number") parts.push(`right on ${percent(metrics.accuracy)} of its test pictures`);
  parts.push(`answered in ${Math.max(1, Math.round(milliseconds))} ms`);
  return parts.join(" · ");
}

/** What a person can do about a problem, beyond what the gateway says. */
export function advice(problem) {
  const parts = [];
  if (problem.retryAfter) parts.push(`Try again in ${problem.retryAfter} s.`);
  if (problem.status) parts.push(`Status ${problem.status}`);
  if (problem.requestId) parts.push(`request ${problem.requestId}`);
  return parts.join(" · ");
}
