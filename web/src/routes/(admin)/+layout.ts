import { error } from '@sveltejs/kit';

import { requireSignIn } from '#lib/sign-in/require-sign-in.ts';
import { viewer } from '#lib/sign-in/viewer.svelte.ts';

export async function load({ url }: { url: URL }): Promise<void> {
  await requireSignIn({ url });
  // To everybody else these pages do not exist; the server refuses their requests anyway.
  if (!viewer.isAdmin) error(404);
}
