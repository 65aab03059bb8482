//! Seconds that run down while somebody has to wait.

export class Countdown {
  leftS = $state(0);

  constructor(seconds: number) {
    this.leftS = Math.ceil(seconds);
  }

  /** Counts to zero. Call in an effect; it stops with the page. */
  run(): () => void {
    const endsAt = Date.now() + this.leftS * 1000;
    const timer = setInterval(() => {
      this.leftS = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
      if (this.leftS === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }
}
