// Classify one picture from JavaScript (Node 18 or later; in a browser, take the file from an <input>).
import { readFile } from "node:fs/promises";

const url = process.env.MNIST_URL ?? "http://localhost:8080";
const model = process.env.MNIST_MODEL ?? "mnist";
const key = process.env.MNIST_API_KEY;
const path = process.argv[2] ?? "seven.png";

const form = new FormData();
form.append("image", new Blob([await readFile(path)]), path);

try {
  const response = await fetch(`${url}/v1/models/${model}:classify?top_k=3`, {
    method: "POST",
    headers: key ? { Authorization: `Bearer ${key}` } : {},
    body: form,
    signal: AbortSignal.timeout(10_000),
  });
  const answer = await response.json();
  if (response.ok) {
    const [prediction] = answer.predictions;
    console.log(`${prediction.name}: ${prediction.label} (${prediction.status})`);
  } else {
    // Every error has a code for programs and a sentence for people; retry only where it says so.
    console.error(`${answer.code}: ${answer.detail}`, answer.retryable ? "(try again)" : "");
    process.exitCode = 1;
  }
} catch (error) {
  console.error(`${url} cannot be reached: ${error.cause?.code ?? error.name}`);
  process.exitCode = 1;
}
