//! Which ways through the network media is to take, when somebody says it in the page's address:
//! `?path=tcp-443`. It holds for the tab, over reloads and the steps from an invitation into its session,
//! until another address says something else.

import type { PathMode } from '#lib/api/schema.ts';
import { keepInTab, readKeptInTab } from '#lib/browser/kept.ts';

export const PATH_MODES: readonly PathMode[] = ['automatic', 'no-relay', 'tcp-443', 'relay'];

const PARAMETER = 'path';
const KEY = 'path-mode';

/** Takes over what the address says, if it says something that is known. */
export function notePathMode(address: URL): void {
  const mode = parsePathMode(address.searchParams.get(PARAMETER));
  if (mode !== null) keepInTab(KEY, mode === 'automatic' ? null : mode);
}

/** The wish of this tab; null when there is none. */
export function wishedPathMode(): PathMode | null {
  return parsePathMode(readKeptInTab(KEY));
}

function parsePathMode(text: string | null): PathMode | null {
  return PATH_MODES.find((mode) => mode === text) ?? null;
}
