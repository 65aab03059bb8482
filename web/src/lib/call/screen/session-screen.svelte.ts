//! What a live session's screen is doing: which window is open, who is on the stage and how, whether the hand
//! points. Desk and phone show the same one.

import { t } from '#lib/i18n/i18n.ts';

import type { Call } from '../call.svelte.ts';
import type { Device } from '../device.svelte.ts';
import type { Person } from '../people.ts';
import type { Point } from '../picture.ts';
import { StageView } from './stage-view.svelte.ts';

export type OpenWindow = 'panel' | 'invite' | 'shortcuts' | 'settings' | 'end' | 'leave';

/** What the panel shows, on a desk beside the stage, on a phone in a window. */
export type PanelTab = 'people' | 'history';

/** A pointer that belongs on the stage. */
export interface Marker {
  id: string;
  name: string;
  isYou: boolean;
  colour: number;
  point: Point;
}

export class SessionScreen {
  readonly call: Call;
  readonly view = new StageView();

  isPointing = $state(false);
  /** The pointer was taken with the keyboard, which therefore guides it. */
  pointsByKeys = $state(false);
  /** The panel beside the stage of a desk. */
  isPanelOpen = $state(true);
  panelTab = $state<PanelTab>('people');
  /** At most one window lies over the session. */
  open = $state<OpenWindow | null>(null);

  #cameFrom: HTMLElement | null = null;

  constructor(call: Call) {
    this.call = call;
  }

  get title(): string {
    return this.call.connection.log.session?.title ?? t('common.untitled-session');
  }

  get canEnd(): boolean {
    return this.call.connection.log.session?.can.end ?? false;
  }

  get isAlone(): boolean {
    return this.call.people.length <= 1;
  }

  /** Everybody who is not on the stage. */
  get others(): readonly Person[] {
    return this.call.people.filter((person) => person.id !== this.call.onStage?.id);
  }

  /** Pointers in the video that is on this stage. */
  get markers(): readonly Marker[] {
    const { people, pointings, onStage } = this.call;
    return pointings.flatMap(({ from, track, point }) => {
      const person = people.find(({ id }) => id === from);
      if (!person || track !== onStage?.picture?.id) return [];
      const { id, isYou, colour } = person;
      return [{ id, isYou, colour, point, name: person.name ?? t('common.deleted-user') }];
    });
  }

  toggle(device: Device): void {
    if (device.sent !== null) device.turnOff();
    else void device.open().then(() => this.#explain(device));
  }

  /** Takes the pointer or puts it away. Whoever takes it by keys goes on from where they were afterwards. */
  togglePointer(by: 'keys' | 'hand' = 'hand'): void {
    this.isPointing = !this.isPointing;
    this.pointsByKeys = this.isPointing && by === 'keys';
    if (this.isPointing) {
      const focused = document.activeElement;
      this.#cameFrom = focused instanceof HTMLElement && by === 'keys' ? focused : null;
      return;
    }
    this.call.pointOff();
    this.#cameFrom?.focus();
    this.#cameFrom = null;
  }

  putPointerAway(): void {
    if (this.isPointing) this.togglePointer();
  }

  #explain(device: Device): void {
    if (device.problem !== null) this.open = 'settings';
  }
}
