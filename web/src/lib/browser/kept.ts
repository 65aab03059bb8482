//! Small settings kept in this browser. Storage can be refused (private windows, blocked cookies); then a
//! setting is kept for the page's life, which is all that can be had.

const inMemory = new Map<string, string>();

export function readKept(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return inMemory.get(key) ?? null;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    inMemory.set(key, value);
  }
}

/** Like `readKept`, for what ends with the tab. */
export function readKeptInTab(key: string): string | null {
  try {
    return sessionStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Null forgets. */
export function keepInTab(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(PREFIX + key);
    else sessionStorage.setItem(PREFIX + key, value);
  } catch {
    // Without storage the next page load starts from the browser's own settings.
  }
}

const PREFIX = 'helpsight.';
