//! A page that is older than its server: parts of it that were not loaded yet are gone.
//!
//! 1. A part that cannot be loaded makes the page ask the server which version it has.
//! 2. Another one than the page's: the page loads again and is the new version. The same one, or no answer:
//!    the network failed, and who wanted the part is told.
//! 3. A page loads again at most once for each version that it was, so that an old page in some cache
//!    between here and the server makes no loop.
//!
//! Invariant: a live call keeps its page, whatever the server has become.

import { keepInTab, readKeptInTab } from './kept.ts';

/** What this touches of the browser. */
export interface Surroundings {
  /** The version that the page was made of. */
  ownVersion: string | undefined;
  /** The version that the server has; null when it does not answer. */
  serverVersion: () => Promise<string | null>;
  reload: () => void;
}

let holds = 0;

/** Keeps the page as it is until the answer is called. */
export function keepPage(): () => void {
  let isKept = true;
  holds += 1;
  return () => {
    if (isKept) holds -= 1;
    isKept = false;
  };
}

/** Loads a part of the app. When it is gone because the server is newer, the page loads again instead. */
export async function loadPart<Part>(
  load: () => Promise<Part>,
  surroundings: Surroundings = browser,
): Promise<Part> {
  try {
    return await load();
  } catch (error) {
    if (await becomeNew(surroundings)) return new Promise(() => undefined);
    throw error;
  }
}

/** Loads the page again if the server has another version. False when the page stays. */
export async function becomeNew(surroundings: Surroundings = browser): Promise<boolean> {
  const { ownVersion, serverVersion, reload } = surroundings;
  if (ownVersion === undefined || readKeptInTab(RELOADED_FROM) === ownVersion) return false;
  const offered = await serverVersion();
  if (offered === null || offered === ownVersion || holds > 0) return false;
  keepInTab(RELOADED_FROM, ownVersion);
  // Without a memory there is nothing to end a loop.
  if (readKeptInTab(RELOADED_FROM) !== ownVersion) return false;
  reload();
  return true;
}

async function askServer(): Promise<string | null> {
  try {
    const answer = await fetch('/_app/version.json', { cache: 'no-store' });
    if (!answer.ok) return null;
    const said: unknown = await answer.json();
    if (typeof said !== 'object' || said === null || !('version' in said)) return null;
    return typeof said.version === 'string' ? said.version : null;
  } catch {
    return null;
  }
}

const browser: Surroundings = {
  get ownVersion() {
    return document.querySelector<HTMLMetaElement>('meta[name="version"]')?.content;
  },
  serverVersion: askServer,
  reload: () => location.reload(),
};

const RELOADED_FROM = 'reloaded-from';
