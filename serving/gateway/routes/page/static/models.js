// Which models there are, which one is chosen, and what the page says about it.

const TITLES = { mnist: "Digits", fashion_mnist: "Clothing" };
const at = (id) => document.getElementById(id);

export class Models {
  #byName = new Map();
  limits = null; // what the gateway takes, or null
  corrections = false; // whether it keeps corrections

  #onChange;

  /** onChange() is called when another model is chosen, or all of them. */
  constructor(onChange) {
    this.#onChange = onChange;
    at("model").addEventListener("change", () => this.choose(at("model").value));
    at("compare").addEventListener("change", onChange);
  }

  /** Fills the chooser from the gateway's list and shows its notice. */
  show(listing) {
    const kept = this.chosen?.name ?? listing.default;
    this.#byName = new Map(listing.models.map((model) => [model.name, model]));
    this.limits = listing.limits ?? null;
    this.corrections = listing.corrections === true;
    at("model").replaceChildren(...listing.models.map((model) => this.#option(model)));
    at("model").disabled = listing.models.length === 0;
    at("model").value = this.#byName.has(kept) ? kept : (listing.models[0]?.name ?? "");
    this.#describe();
    at("compare-label").hidden = listing.models.length < 2;
    at("notice").hidden = !listing.notice;
    at("notice").textContent = listing.notice ?? "";
  }

  choose(name) {
    at("model").value = name;
    this.#describe();
    this.#onChange();
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

  /** The other models that can answer now. */
  get others() {
    return [...this.#byName.values()].filter((model) => model.ready && model !== this.chosen);
  }

  /** Whether people want to see what every model says. */
  get comparing() {
    return at("compare").checked && !at("compare-label").hidden;
  }

  named(name) {
    return this.#byName.get(name);
  }

  /** What people call a model: by its data set, or its name with spaces; unlike any other's. */
  title(name) {
    const titleOf = (model) => TITLES[model.card?.dataset] ?? plain(model.name);
    const model = this.#byName.get(name);
    if (!model) return plain(name);
    const same = [...this.#byName.values()].filter((each) => titleOf(each) === titleOf(model));
    return same.length > 1 ? `${titleOf(model)} (${name})` : titleOf(model);
  }

  // Suits the words on the page to what the model knows.
  #describe() {
    const recipe = this.chosen?.card?.preprocessing?.recipe ?? "";
    const [tagline, invitation] = wordsFor(recipe, this.chosen?.card?.dataset);
    at("tagline").textContent = tagline;
    at("invitation").textContent = invitation;
  }

  #option(model) {
    const element = document.createElement("option");
    element.value = model.name;
    element.textContent = model.ready ? this.title(model.name) : `${this.title(model.name)} (not ready)`;
    return element;
  }
}

/** Whether a model reads whole numbers: its recipe finds ink. */
export function readsNumbers(model) {
  return Boolean(model?.card?.preprocessing?.recipe?.startsWith("ink@"));
}

function wordsFor(recipe, dataset) {
  if (recipe.startsWith("garment@")) {
    return ["Choose a photo of a piece of clothing.", "Drop a picture here, or draw"];
  }
  if (dataset === "mnist") return ["Draw a digit or a number, or choose a photo of one.", "Draw a digit here"];
  return ["Draw something, or choose a photo.", "Draw here"];
}

function plain(name) {
  const words = name.replaceAll(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
