//! How this screen shows the stage: fitted as suits picture and screen until the person decides, and turned.

import { fitFor, turnedClockwise, type Fit, type Rotation, type Size } from '../picture.ts';

export class StageView {
  rotation = $state<Rotation>(0);
  #chosen = $state<Fit | null>(null);
  #box = $state.raw<Size>({ width: 0, height: 0 });
  #picture = $state.raw<Size>({ width: 0, height: 0 });

  get fit(): Fit {
    return this.#chosen ?? fitFor({ box: this.#box, picture: this.#picture, rotation: this.rotation });
  }

  laidOut(box: Size, picture: Size): void {
    this.#box = box;
    this.#picture = picture;
  }

  switchFit(): void {
    this.#chosen = this.fit === 'cover' ? 'contain' : 'cover';
  }

  turn(): void {
    this.rotation = turnedClockwise(this.rotation);
  }
}
