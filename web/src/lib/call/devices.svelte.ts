//! The camera and the microphone together: one question for both, and the choice that outlives a page.
//!
//! 1. The preview opens both, asking the browser once so that the person is asked once.
//! 2. `Join` hands the open devices over to the session's page: no second question, no restart of the camera.
//! 3. A reload of the session reads the choice from the tab's storage and opens the same again.
//!
//! A device that is denied or missing never stands in the way of the other one.

import { Device, problemHere, type Facing } from './device.svelte.ts';
import { problemOf } from './device-problem.ts';

export interface DeviceChoice {
  camera: { id: string | null; isOn: boolean };
  microphone: { id: string | null; isOn: boolean };
}

export class Devices {
  readonly camera = new Device('camera');
  readonly microphone = new Device('microphone');

  readonly #relist = () => {
    void this.camera.listChoices();
    void this.microphone.listChoices();
  };

  constructor(choice: DeviceChoice | null, facing: Facing = 'front') {
    this.camera.facingPreferred = facing;
    for (const kind of ['camera', 'microphone'] as const) {
      this[kind].id = choice?.[kind].id ?? null;
      this[kind].isOn = choice?.[kind].isOn ?? true;
    }
    navigator.mediaDevices?.addEventListener?.('devicechange', this.#relist);
  }

  get choice(): DeviceChoice {
    return {
      camera: { id: this.camera.id, isOn: this.camera.isOn },
      microphone: { id: this.microphone.id, isOn: this.microphone.isOn },
    };
  }

  /** Opens what is to be on. Never fails: what is in the way is on the device. */
  async open(): Promise<void> {
    const { camera, microphone } = this;
    const isFirstTime = camera.id === null && microphone.id === null;
    if (isFirstTime && camera.isOn && microphone.isOn && (await this.#openBoth())) return;
    await Promise.all([camera, microphone].map((device) => (device.isOn ? device.open() : undefined)));
  }

  close(): void {
    navigator.mediaDevices?.removeEventListener?.('devicechange', this.#relist);
    this.camera.release();
    this.microphone.release();
  }

  /** False: the browser refused the pair, which says nothing about each alone. */
  async #openBoth(): Promise<boolean> {
    const { camera, microphone } = this;
    if (problemHere() !== null) return false;
    camera.isOpening = true;
    microphone.isOpening = true;
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        video: camera.constraints(),
        audio: microphone.constraints(),
      });
      for (const track of stream.getTracks()) (track.kind === 'video' ? camera : microphone).use(track);
      return true;
    } catch (error) {
      // Asking again at once would only repeat a question that was just answered or closed.
      const problem = problemOf(error);
      const isFinal = problem === 'dismissed';
      if (isFinal) camera.problem = microphone.problem = problem;
      return isFinal;
    } finally {
      camera.isOpening = false;
      microphone.isOpening = false;
    }
  }
}

/** Keeps open devices for the page that comes next; lets go of them when none does. */
export function handOver(devices: Devices): void {
  dropHandedOver();
  sessionStorage.setItem(HANDED_OVER_KEY, JSON.stringify(devices.choice));
  handedOver = { devices, timer: setTimeout(dropHandedOver, HAND_OVER_MS) };
}

/** The devices for a session: handed over by the preview, or chosen earlier in this tab. Null: ask. */
export function takeOver(sessionId: string, facing: Facing): Devices | null {
  const taken = handedOver;
  if (taken) {
    clearTimeout(taken.timer);
    handedOver = null;
  }
  const choice = taken?.devices.choice ?? readChoice(HANDED_OVER_KEY) ?? readChoice(CHOICE_KEY + sessionId);
  sessionStorage.removeItem(HANDED_OVER_KEY);
  if (choice === null) return null;
  keepChoice(sessionId, choice);
  return taken?.devices ?? new Devices(choice, facing);
}

/** What a reload of the session's page starts from. */
export function keepChoice(sessionId: string, choice: DeviceChoice): void {
  sessionStorage.setItem(CHOICE_KEY + sessionId, JSON.stringify(choice));
}

export function forgetChoice(sessionId: string): void {
  sessionStorage.removeItem(CHOICE_KEY + sessionId);
}

let handedOver: { devices: Devices; timer: ReturnType<typeof setTimeout> } | null = null;

function dropHandedOver(): void {
  if (handedOver === null) return;
  clearTimeout(handedOver.timer);
  handedOver.devices.close();
  handedOver = null;
}

function readChoice(key: string): DeviceChoice | null {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null');
    return isChoice(value) ? value : null;
  } catch {
    return null;
  }
}

function isChoice(value: unknown): value is DeviceChoice {
  if (typeof value !== 'object' || value === null) return false;
  return 'camera' in value && isOne(value.camera) && 'microphone' in value && isOne(value.microphone);
}

function isOne(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('id' in value && 'isOn' in value)) return false;
  return (typeof value.id === 'string' || value.id === null) && typeof value.isOn === 'boolean';
}

const HANDED_OVER_KEY = 'helpsight.devices';
const CHOICE_KEY = 'helpsight.devices.';
const HAND_OVER_MS = 10_000;
