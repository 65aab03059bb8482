//! One camera or microphone: which device is open, whether it is on, what is in the way.
//!
//! Flow: `open` or `switchTo` asks the browser; the answer is a live `track` or a named `problem`. A device
//! that vanishes (unplugged, taken by a call) is replaced by another one when there is one.
//!
//! Invariant: while `isOn` is false nothing of the device leaves the page. A camera that is off is released,
//! so that its light goes out; a microphone is only silenced, so that unmuting is instant.

import { problemBeforeAsking, problemOf, type DeviceKind, type DeviceProblem } from './device-problem.ts';

export type Facing = 'front' | 'back';

export class Device {
  readonly kind: DeviceKind;
  /** The open device; null while it is off, being opened, or cannot be used. */
  track = $state.raw<MediaStreamTrack | null>(null);
  problem = $state<DeviceProblem | null>(null);
  isOpening = $state(false);
  /** What the person wants. */
  isOn = $state(true);
  /** The devices of this kind. Their names are known only after one was opened. */
  choices = $state.raw<readonly MediaDeviceInfo[]>([]);
  /** Which one is open, or was last. */
  id = $state<string | null>(null);
  facing = $state<Facing | null>(null);
  hasTorch = $state(false);
  isTorchOn = $state(false);

  /** Asked for first when no device was chosen. */
  facingPreferred: Facing = 'front';
  /** Counts requests: the answer to an older one is not used. */
  #request = 0;

  constructor(kind: DeviceKind) {
    this.kind = kind;
  }

  /** What is to be sent to others. A getter: a `$derived` would die with the preview that opened the device. */
  get sent(): MediaStreamTrack | null {
    return this.isOn ? this.track : null;
  }

  /** People know their face from the mirror; what a back camera shows is not turned around. */
  get isMirrored(): boolean {
    return this.kind === 'camera' && this.facing !== 'back';
  }

  async open(): Promise<void> {
    this.isOn = true;
    if (this.track?.readyState === 'live') {
      this.track.enabled = true;
      return;
    }
    await this.#ask(this.id === null ? {} : { deviceId: { exact: this.id } });
    // The device that was chosen earlier may not be there today.
    if (this.problem === 'not-found' && this.id !== null) await this.#ask({});
  }

  /** Uses a track that the browser has given already, from a request for both kinds at once. */
  use(track: MediaStreamTrack): void {
    this.#request += 1;
    this.#take(track);
  }

  turnOff(): void {
    this.isOn = false;
    if (this.kind === 'camera') this.release();
    else if (this.track) this.track.enabled = false;
  }

  async switchTo(id: string): Promise<void> {
    const before = this.id;
    this.id = id;
    if (!this.isOn) {
      if (this.kind === 'microphone') this.release();
      return;
    }
    await this.#ask({ deviceId: { exact: id } });
    if (this.problem !== null && before !== null && before !== id) {
      await this.#ask({ deviceId: { exact: before } });
    }
  }

  /** Front to back and back again; the next one in the list where cameras have no facing. */
  async flip(): Promise<void> {
    const other: Facing = this.facing === 'back' ? 'front' : 'back';
    if (this.facing !== null) {
      await this.#ask({ facingMode: { exact: facingModes[other] } });
      if (this.problem === null) return;
    }
    const index = this.choices.findIndex(({ deviceId }) => deviceId === this.id);
    const next = this.choices[(index + 1) % this.choices.length];
    if (next) await this.switchTo(next.deviceId);
  }

  async setTorch(isOn: boolean): Promise<void> {
    const advanced: (MediaTrackConstraintSet & { torch: boolean })[] = [{ torch: isOn }];
    try {
      await this.track?.applyConstraints({ advanced });
      this.isTorchOn = isOn;
    } catch {
      this.hasTorch = false;
      this.isTorchOn = false;
    }
  }

  async listChoices(): Promise<void> {
    const all = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
    const kind = this.kind === 'camera' ? 'videoinput' : 'audioinput';
    this.choices = (all ?? []).filter((choice) => choice.kind === kind && choice.deviceId !== '');
  }

  /** Lets go of the device. */
  release(): void {
    this.#request += 1;
    this.isOpening = false;
    if (this.track) {
      this.track.onended = null;
      this.track.stop();
    }
    this.track = null;
    this.hasTorch = false;
    this.isTorchOn = false;
  }

  /** The constraints for a first request. */
  constraints(choice: MediaTrackConstraints = {}): MediaTrackConstraints {
    if (this.kind === 'microphone') {
      return { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...choice };
    }
    const hasChoice = 'deviceId' in choice || 'facingMode' in choice;
    return {
      // Without this Chromium cuts a camera of another shape down to the shape that is asked for.
      ...({ resizeMode: 'none' } satisfies { resizeMode: string }),
      width: { ideal: 1280 },
      height: { ideal: 720 },
      frameRate: { ideal: 30, max: 30 },
      ...(hasChoice ? {} : { facingMode: { ideal: facingModes[this.facingPreferred] } }),
      ...choice,
    };
  }

  async #ask(choice: MediaTrackConstraints): Promise<void> {
    this.problem = problemHere();
    if (this.problem !== null) return;
    // Many phones open one camera at a time.
    this.release();
    const request = this.#request;
    this.isOpening = true;
    const constraints = this.constraints(choice);
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        this.kind === 'camera' ? { video: constraints } : { audio: constraints },
      );
      const track = stream.getTracks()[0];
      if (request !== this.#request) track?.stop();
      else if (track) this.#take(track);
    } catch (error) {
      if (request === this.#request) this.problem = problemOf(error);
    } finally {
      if (request === this.#request) this.isOpening = false;
    }
  }

  #take(track: MediaStreamTrack): void {
    const { deviceId, facingMode } = track.getSettings();
    this.track = track;
    this.problem = null;
    this.id = deviceId ?? null;
    this.facing = facingOf(facingMode, track.label);
    this.hasTorch = 'torch' in (track.getCapabilities?.() ?? {});
    track.enabled = this.isOn;
    track.onended = () => void this.#replace();
    void this.listChoices();
  }

  async #replace(): Promise<void> {
    this.release();
    if (this.isOn) await this.#ask({});
  }
}

/** What stands in the way before anything was asked. */
export function problemHere(): DeviceProblem | null {
  return problemBeforeAsking({
    isSecure: window.isSecureContext,
    hasDevices: typeof navigator.mediaDevices?.getUserMedia === 'function',
  });
}

function facingOf(facingMode: string | undefined, label: string): Facing | null {
  if (facingMode === 'environment' || /\b(back|rear|environment)\b/i.test(label)) return 'back';
  if (facingMode === 'user' || /\bfront\b/i.test(label)) return 'front';
  return null;
}

const facingModes: Record<Facing, string> = { front: 'user', back: 'environment' };
