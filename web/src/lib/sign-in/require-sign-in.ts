import { redirect } from '@sveltejs/kit';

import { signInAddress } from './next-page.ts';
import { viewer } from './viewer.svelte.ts';

/** Lets signed-in people through; all others sign in first and come back. */
export async function requireSignIn({ url }: { url: URL }): Promise<void> {
  if (!(await viewer.load())) redirect(307, signInAddress(url.pathname + url.search));
}
