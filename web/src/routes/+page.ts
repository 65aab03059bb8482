import { viewer } from '#lib/sign-in/viewer.svelte.ts';

export async function load(): Promise<void> {
  await viewer.load();
}
