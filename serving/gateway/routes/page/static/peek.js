// The answer in short, while the verdict itself is out of sight (on a phone it stands below the pad).

const at = (id) => document.getElementById(id);

/** Keeps the line at the foot of the screen in step with the verdict. */
export function watchPeek() {
  let visible = true;
  const update = () => {
    const answered = !at("verdict").hidden && at("verdict").dataset.status !== "none";
    at("peek-label").textContent = answered ? at("label").textContent : "";
    at("peek-sentence").textContent = answered ? at("sentence").textContent : at("problem-title").textContent;
    at("peek").hidden = visible || !(answered || !at("problem").hidden);
  };
  new IntersectionObserver(([entry]) => {
    visible = entry.isIntersecting;
    update();
  }).observe(at("answer").querySelector(".outcome"));
  new MutationObserver(update).observe(at("verdict").parentElement, { subtree: true, attributes: true, childList: true });
}
