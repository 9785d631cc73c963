// The request that was just made, as a command for a shell.

import { pathOf, pictureType } from "./gateway.js";
import { currentKey } from "./key.js";

const at = (id) => document.getElementById(id);

/** Shows the request that is made. */
export function showRequest(model, picture, verb) {
  at("request").hidden = false;
  at("curl").textContent = curlCommand({ model, picture, withKey: Boolean(currentKey()), verb });
  at("copied").textContent = "";
}

export function hideRequest() {
  at("request").hidden = true;
}

/** A curl command that sends the file again. The key is named, never shown. */
function curlCommand({ model, picture, withKey, verb }) {
  const lines = [
    `curl --data-binary ${quote(`@${picture.name || "picture"}`)}`,
    `  -H ${quote(`Content-Type: ${pictureType(picture)}`)}`,
    ...(withKey ? ['  -H "Authorization: Bearer $GATEWAY_KEY"'] : []),
    `  ${quote(new URL(pathOf(model, verb), document.baseURI).href)}`,
  ];
  return lines.join(" \\\n");
}

/** Makes a button copy the text of an element and say so. */
export function watchCopy(button, source, note) {
  button.addEventListener("click", async () => {
    note.textContent = (await copy(source)) ? "Copied." : "Select the text and copy it yourself.";
  });
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    // The clipboard is closed to pages that came over plain HTTP from another machine.
    getSelection().selectAllChildren(source);
    return document.execCommand("copy");
  }
}

function quote(text) {
  return /^[\w@.\/:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
