// Which models there are, which one is chosen, and what the page says about it.

const at = (id) => document.getElementById(id);

export class Models {
  #byName = new Map();

  constructor(onChange) {
    at("model").addEventListener("change", onChange);
  }

  /** Fills the chooser from the gateway's list and shows its notice. */
  show(listing) {
    const kept = this.chosen?.name ?? listing.default;
    this.#byName = new Map(listing.models.map((model) => [model.name, model]));
    at("model").replaceChildren(...listing.models.map(option));
    at("model").disabled = listing.models.length === 0;
    at("model").value = this.#byName.has(kept) ? kept : (listing.models[0]?.name ?? "");
    at("notice").hidden = !listing.notice;
    at("notice").textContent = listing.notice ?? "";
  }

  /** The chosen model as the gateway lists it, or undefined. */
  get chosen() {
    return this.#byName.get(at("model").value);
  }

  get labels() {
    return this.chosen?.labels ?? [];
  }

  get metrics() {
    return this.chosen?.card?.metrics;
  }

  /** Suits the words on the page to what the model knows. */
  describe() {
    const garments = this.chosen?.card?.preprocessing?.recipe?.startsWith("garment@");
    at("tagline").textContent = garments
      ? "Show me a piece of clothing: a photo works best."
      : "Draw a digit, or show me a photo of one.";
    at("invitation").textContent = garments ? "Drop a picture here, or draw" : "Draw a digit here";
  }
}

function option(model) {
  const element = document.createElement("option");
  element.value = model.name;
  element.textContent = model.ready ? model.name : `${model.name} (not ready)`;
  return element;
}
