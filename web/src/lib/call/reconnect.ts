//! Decides when to try again after a connection was lost.
//!
//! 1. `start` tries at once.
//! 2. A failed or lost attempt waits: 300 ms, doubling to 5 s, each shortened by up to half so that
//!    everybody who lost the same server does not come back in the same instant.
//! 3. A connection that held for ten seconds forgets the failures before it.
//! 4. `nudge` (network is back, page is visible again) ends a wait early; `stop` ends everything.
//!
//! Invariant: at most one attempt or one wait is under way.

export class Reconnect {
  readonly #attempt: () => void;
  readonly #random: () => number;
  #state: State = { name: 'stopped' };
  #failures = 0;

  constructor(attempt: () => void, random: () => number = Math.random) {
    this.#attempt = attempt;
    this.#random = random;
  }

  /** Failed attempts in a row. */
  get failures(): number {
    return this.#failures;
  }

  start(): void {
    if (this.#state.name !== 'stopped') return;
    this.#failures = 0;
    this.#try();
  }

  /** The attempt has led to a connection. */
  connected(): void {
    if (this.#state.name !== 'trying') return;
    const timer = setTimeout(() => (this.#failures = 0), HELD_MS);
    this.#state = { name: 'connected', timer };
  }

  /** The attempt failed, or the connection it led to is gone. */
  lost(): void {
    if (this.#state.name !== 'trying' && this.#state.name !== 'connected') return;
    this.#clear();
    const timer = setTimeout(() => this.#try(), waitMs(this.#failures, this.#random));
    this.#failures += 1;
    this.#state = { name: 'waiting', timer };
  }

  nudge(): void {
    if (this.#state.name !== 'waiting') return;
    this.#clear();
    this.#try();
  }

  stop(): void {
    this.#clear();
    this.#state = { name: 'stopped' };
  }

  #try(): void {
    this.#state = { name: 'trying' };
    this.#attempt();
  }

  #clear(): void {
    if (this.#state.name === 'waiting' || this.#state.name === 'connected') {
      clearTimeout(this.#state.timer);
    }
  }
}

/** The wait after `failures` earlier failures, in milliseconds. */
export function waitMs(failures: number, random: () => number): number {
  const full = Math.min(FIRST_WAIT_MS * 2 ** failures, WAIT_MS_MAX);
  return full * (1 - random() / 2);
}

type Timer = ReturnType<typeof setTimeout>;

type State =
  | { name: 'stopped' }
  | { name: 'trying' }
  | { name: 'connected'; timer: Timer }
  | { name: 'waiting'; timer: Timer };

const FIRST_WAIT_MS = 300;
const WAIT_MS_MAX = 5_000;
const HELD_MS = 10_000;
