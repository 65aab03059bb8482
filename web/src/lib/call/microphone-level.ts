//! How loud a microphone is, for a bar that moves while somebody speaks.

/** Calls `changed` with 0..1 on every frame of the screen until the answer is called. */
export function watchLevel(track: MediaStreamTrack, changed: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  const source = context.createMediaStreamSource(new MediaStream([track]));
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  let frame = requestAnimationFrame(function look() {
    analyser.getFloatTimeDomainData(samples);
    shown = Math.max(levelOf(samples), shown * FALL);
    changed(shown);
    frame = requestAnimationFrame(look);
  });
  return () => {
    cancelAnimationFrame(frame);
    source.disconnect();
    void context.close();
  };
}

/** The loudness of samples in -1..1 on a scale that follows the ear: silence is 0, loud speech near 1. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + Number.EPSILON);
  return Math.min(1, Math.max(0, 1 - decibels / QUIETEST_DB));
}

const QUIETEST_DB = -60;
/** Per frame; the bar jumps up and sinks slowly. */
const FALL = 0.94;
