import { notePathMode } from '#lib/call/path-mode.ts';
import { startI18n } from '#lib/i18n/i18n.ts';
import { startTheme } from '#lib/theme.ts';

// One page that the browser renders: the server only hands out files and the API.
export const ssr = false;
export const prerender = false;

export async function load(): Promise<void> {
  startTheme();
  notePathMode(new URL(location.href));
  await startI18n();
}
