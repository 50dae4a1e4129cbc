/** How loud a microphone is, and a sound to try a loudspeaker with: made and measured in this browser, and nowhere else. */

/** Of full scale; a quiet room stays below it. */
const VOICE = 0.02;
const QUIETEST = 60;

/** How loud samples are, 0 to 1 on the scale of the ear.
 * @param {Float32Array} samples
 * @returns {number} */
export function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / Math.max(samples.length, 1);
  if (power <= 0) return 0;
  const decibels = 10 * Math.log10(power);
  return Math.min(1, Math.max(0, (decibels + QUIETEST) / QUIETEST));
}

export class Ear {
  /** @type {AudioContext | null} */ #context = null;
  /** @type {number | undefined} */ #frame;

  /** Listen to a stream; `tell` is called for each frame drawn.
   * @param {MediaStream} stream
   * @param {(level: number, voice: boolean) => void} tell */
  listen(stream, tell) {
    this.stop();
    if (!stream.getAudioTracks().length || typeof AudioContext === "undefined") return;
    const context = (this.#context = new AudioContext());
    const analyser = context.createAnalyser();
    analyser.fftSize = 1024;
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      if (context.state === "suspended") void context.resume().catch(() => {});
      analyser.getFloatTimeDomainData(samples);
      tell(loudness(samples), samples.some((sample) => Math.abs(sample) > VOICE));
      this.#frame = requestAnimationFrame(look);
    };
    look();
  }

  stop() {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
    void this.#context?.close().catch(() => {});
    this.#context = null;
  }
}

const NOTES = [523.25, 659.25, 783.99];
const NOTE = 0.32;

/** Play three notes. Called when the person has pressed a button: without that browsers stay silent.
 * @param {string} loudspeaker   "": the browser's own
 * @returns {Promise<void>} when they have sounded */
export async function playNotes(loudspeaker) {
  const context = new AudioContext();
  const out = context.createMediaStreamDestination();
  const audio = new Audio();
  try {
    audio.srcObject = out.stream;
    if (loudspeaker && "setSinkId" in audio) await audio.setSinkId(loudspeaker).catch(() => {});
    await audio.play();
    NOTES.forEach((pitch, number) => {
      const from = context.currentTime + 0.1 + number * NOTE;
      const tone = new OscillatorNode(context, { frequency: pitch });
      const loud = new GainNode(context, { gain: 0 });
      // Softly in and out, so that nothing clicks.
      loud.gain.setValueAtTime(0, from);
      loud.gain.linearRampToValueAtTime(0.35, from + 0.03);
      loud.gain.linearRampToValueAtTime(0, from + NOTE);
      tone.connect(loud).connect(out);
      tone.start(from);
      tone.stop(from + NOTE);
    });
    await new Promise((resolve) => setTimeout(resolve, (NOTES.length * NOTE + 0.4) * 1000));
  } finally {
    audio.pause();
    audio.srcObject = null;
    await context.close();
  }
}
