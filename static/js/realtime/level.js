/** Whether a microphone carries a voice: listened to in this browser, and nowhere else. */

/** Of full scale; a quiet room stays below it. */
const VOICE = 0.02;
const EVERY = 200;

export class Level {
  /** Whether something was heard since we began to listen. */ heard = false;
  /** @type {MediaStream | null} */ #stream = null;
  /** @type {AudioContext | null} */ #context = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */ #clock;

  /** @param {MediaStream | null} stream  null: to nothing */
  listen(stream) {
    if (stream === this.#stream) return;
    this.stop();
    this.#stream = stream;
    if (!stream?.getAudioTracks().length || typeof AudioContext === "undefined") return;
    const context = (this.#context = new AudioContext());
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#clock = setInterval(() => {
      // A page that nobody has touched yet may not listen.
      if (context.state === "suspended") void context.resume().catch(() => {});
      analyser.getFloatTimeDomainData(samples);
      if (samples.some((sample) => Math.abs(sample) > VOICE)) this.heard = true;
      if (this.heard) this.#rest();
    }, EVERY);
  }

  stop() {
    this.#rest();
    this.#stream = null;
    this.heard = false;
  }

  #rest() {
    clearInterval(this.#clock);
    void this.#context?.close().catch(() => {});
    this.#context = null;
  }
}
