//! Short messages that pass: "Link copied". What must not be missed belongs in the page, not here.

export type ToastTone = 'success' | 'danger';

export interface Toast {
  id: number;
  text: string;
  tone: ToastTone;
}

class Toasts {
  items = $state<Toast[]>([]);
  #lastId = 0;

  show(text: string, tone: ToastTone = 'success'): void {
    const id = ++this.#lastId;
    this.items = [...this.items.slice(-(SHOWN_MAX - 1)), { id, text, tone }];
    setTimeout(() => this.dismiss(id), tone === 'danger' ? DANGER_SHOWN_MS : SHOWN_MS);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();

const SHOWN_MAX = 3;
const SHOWN_MS = 4_000;
const DANGER_SHOWN_MS = 8_000;
