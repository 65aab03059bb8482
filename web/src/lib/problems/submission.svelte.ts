//! A form on its way to the server: busy, then through or refused. A second press while busy does nothing.

import { fieldText, problemText } from './problem-text.ts';

export class Submission {
  isBusy = $state(false);
  /** Why the last try failed; null after a success. */
  error = $state.raw<unknown>(null);

  /** What went wrong, for the form as a whole. */
  readonly text = $derived(this.error === null ? null : problemText(this.error));

  /** Runs `action`; true when it went through. */
  async run(action: () => Promise<void>): Promise<boolean> {
    if (this.isBusy) return false;
    this.isBusy = true;
    this.error = null;
    try {
      await action();
      return true;
    } catch (error) {
      this.error = error;
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  /** What is wrong with one field. */
  field(name: string): string | undefined {
    return fieldText(this.error, name);
  }

  reset(): void {
    this.error = null;
  }
}
