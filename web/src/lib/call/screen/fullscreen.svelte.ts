//! The page over the whole screen. Safari on iPhones cannot; nothing is offered there.

class Fullscreen {
  isOn = $state(false);
  readonly isPossible = typeof document !== 'undefined' && document.fullscreenEnabled === true;

  constructor() {
    if (!this.isPossible) return;
    document.addEventListener('fullscreenchange', () => (this.isOn = document.fullscreenElement !== null));
  }

  /** To be called from a click. */
  async toggle(): Promise<void> {
    const change = this.isOn ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    // Refused by a policy or by the person: the page stays as it is.
    await change.catch(() => undefined);
  }
}

export const fullscreen = new Fullscreen();
