// Shows an uploaded picture on the pad, or its name where the browser cannot decode it.

const at = (id) => document.getElementById(id);

export function showPreview(file) {
  hidePreview();
  const image = at("preview");
  image.onerror = () => {
    hidePreview();
    at("unseen").textContent = `${file.name || "The picture"}: your browser cannot show it here.`;
    at("unseen").hidden = false;
  };
  image.alt = `Your picture ${file.name}`;
  image.src = URL.createObjectURL(file);
  image.hidden = false;
}

export function hidePreview() {
  const image = at("preview");
  image.onerror = null;
  if (image.src) URL.revokeObjectURL(image.src);
  image.removeAttribute("src");
  image.hidden = at("unseen").hidden = true;
}

/** Width and height of the picture shown, upright; null where the browser cannot show it. */
export async function previewSize() {
  const image = at("preview");
  if (image.hidden) return null;
  await image.decode().catch(() => {});
  return image.naturalWidth ? { width: image.naturalWidth, height: image.naturalHeight } : null;
}
