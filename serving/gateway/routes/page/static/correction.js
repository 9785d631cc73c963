// "Wrong? It is ...": sends the right label where the gateway keeps corrections.

const at = (id) => document.getElementById(id);

/** Calls send(label) when somebody corrects the answer shown; it resolves once the gateway has it. */
export function watchCorrection(send) {
  at("correction").addEventListener("submit", async (event) => {
    event.preventDefault();
    const note = at("correction-note");
    try {
      await send(at("right-label").value);
      note.textContent = `Thank you. The picture is saved as ${at("right-label").value}.`;
    } catch (error) {
      note.textContent = `The correction was not saved: ${error.message}`;
    }
  });
}

/** Offers to correct an answer, with all labels but the one given. */
export function offerCorrection(labels, given) {
  at("correction").hidden = labels.length < 2;
  at("right-label").replaceChildren(...labels.filter((label) => label !== given).map((label) => new Option(label)));
  at("correction-note").textContent = "The picture and your label are kept to train later versions.";
}

export function hideCorrection() {
  at("correction").hidden = true;
}
