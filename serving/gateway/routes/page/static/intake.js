// Pictures from outside: chosen, photographed, dropped anywhere on the page or pasted.

/** Calls onPictures(files) for files and onRefusal(sentence) for what is none. */
export function watchIntake({ inputs, onPictures, onRefusal }) {
  const take = (files) => {
    if (files.length) onPictures(files);
    return files.length > 0;
  };
  for (const input of inputs) {
    input.addEventListener("change", () => {
      take([...input.files]);
      input.value = ""; // so that choosing the same file again counts
    });
  }
  watchDrop((files, folders) => {
    if (folders) onRefusal("You cannot drop a folder here. Open it and drop its pictures.");
    else take(files) || onRefusal("That is not a file. Save the picture first, then drop the file.");
  });
  watchPaste((files) => take(files) || onRefusal("There is no picture on the clipboard. Copy one, then paste again."));
}

function watchDrop(onFiles) {
  const mark = (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  };
  document.addEventListener("dragenter", mark);
  document.addEventListener("dragover", mark);
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const items = [...(event.dataTransfer?.items ?? [])];
    const folders = items.some((item) => item.webkitGetAsEntry?.()?.isDirectory);
    onFiles([...(event.dataTransfer?.files ?? [])], folders);
  });
}

function watchPaste(onFiles) {
  document.addEventListener("paste", (event) => {
    if (event.target instanceof HTMLInputElement) return;
    onFiles([...(event.clipboardData?.files ?? [])]);
  });
}
