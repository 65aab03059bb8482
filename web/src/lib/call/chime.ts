//! Two soft notes that say: somebody is here. Silent where the browser wants a click first.

export function chime(): void {
  if (typeof AudioContext === 'undefined') return;
  const context = new AudioContext();
  // Without a click on the page the context stays suspended and would sound much later.
  if (context.state !== 'running') {
    void context.close();
    return;
  }
  const end = NOTES_HZ.reduce((start, frequency) => {
    ring(context, frequency, start);
    return start + NOTE_S;
  }, context.currentTime);
  setTimeout(() => void context.close(), (end - context.currentTime + FADE_S) * 1000);
}

function ring(context: AudioContext, frequency: number, start: number): void {
  const tone = context.createOscillator();
  const volume = context.createGain();
  tone.frequency.value = frequency;
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(LOUDNESS, start + 0.015);
  volume.gain.exponentialRampToValueAtTime(0.0001, start + FADE_S);
  tone.connect(volume).connect(context.destination);
  tone.start(start);
  tone.stop(start + FADE_S);
}

const NOTES_HZ = [659.25, 880];
const NOTE_S = 0.14;
const FADE_S = 0.6;
const LOUDNESS = 0.16;
