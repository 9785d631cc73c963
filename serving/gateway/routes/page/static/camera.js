// The camera, live: one frame per second for each listener.

import { fileOf } from "./encoding.js";

const EVERY = 1000; // ms from frame to frame, or longer when an answer takes longer
const LONGEST_SIDE = 640;

export class Camera {
  #video;
  #button;
  #events;
  #stream = null;

  /** events: {started(), frame(file, size) as a promise, stopped(), failed(sentence)}. */
  constructor(video, button, events) {
    this.#video = video;
    this.#button = button;
    this.#events = events;
    button.hidden = !navigator.mediaDevices?.getUserMedia; // absent over plain HTTP from another machine
    button.addEventListener("click", () => (this.#stream ? this.stop() : this.#start()));
    document.addEventListener("visibilitychange", () => document.hidden && this.stop());
  }

  stop() {
    if (!this.#stream) return;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#show(false);
    this.#events.stopped();
  }

  async #start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      return this.#events.failed("The camera is not available. Allow it in your browser's settings, then try again.");
    }
    this.#video.srcObject = this.#stream;
    this.#show(true);
    this.#events.started();
    await this.#video.play().catch(() => {});
    this.#loop(this.#stream);
  }

  async #loop(stream) {
    while (this.#stream === stream) {
      const next = new Promise((resolve) => setTimeout(resolve, EVERY));
      if (this.#video.videoWidth) await this.#look();
      await next;
    }
  }

  #look() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext("2d").drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    return this.#events.frame(fileOf(canvas, "camera.jpg", "image/jpeg", 0.85), canvas);
  }

  #show(on) {
    this.#video.hidden = !on;
    this.#button.setAttribute("aria-pressed", String(on));
    this.#button.textContent = on ? "Stop camera" : "Live camera";
  }
}
