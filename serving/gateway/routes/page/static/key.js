// The API key: asked for when the gateway wants one, kept for this tab only.

const NAME = "gateway-key";

/** The key given in this tab, or "". */
export function currentKey() {
  return sessionStorage.getItem(NAME) ?? "";
}

/** Calls onKey() once a key was entered. */
export function watchKey(onKey) {
  const form = document.getElementById("key");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = document.getElementById("key-text");
    sessionStorage.setItem(NAME, field.value.trim());
    field.value = "";
    form.hidden = true;
    onKey();
  });
}

/** Shows the form when a problem says that a key is missing (401) or wrong (403). */
export function askForKey(problem) {
  if (problem.status !== 401 && problem.status !== 403) return;
  document.getElementById("key").hidden = false;
  document.getElementById("key-note").textContent =
    problem.status === 403 && currentKey()
      ? "The gateway refused that key. Check it and try again."
      : "The key stays in this tab and is sent only to this gateway.";
  document.getElementById("key-text").focus();
}
