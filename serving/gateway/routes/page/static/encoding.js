// Canvases and base64 to files.

/** What is on a canvas as a File; at once, where toBlob waits up to a second for an idle moment. */
export function fileOf(canvas, name, type, quality) {
  const [, base64] = canvas.toDataURL(type, quality).split(",");
  return new File([bytesOf(base64)], name, { type });
}

/** The bytes of base64 text. */
export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Shows a picture given as base64, and frees the one shown before. */
export function showBase64(image, base64) {
  showBlob(image, new Blob([bytesOf(base64)], { type: "image/png" }));
}

/** Shows a Blob in an img, and frees the one shown before. */
export function showBlob(image, blob) {
  const old = image.src;
  image.src = URL.createObjectURL(blob);
  if (old.startsWith("blob:")) URL.revokeObjectURL(old);
}
