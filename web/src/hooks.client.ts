import type { HandleClientError } from '@sveltejs/kit/hooks';

import { ServerUnreachable } from '#lib/api/problem.ts';
import { supplyMissing } from '#lib/browser/polyfills.ts';

supplyMissing();

/** Gives the error page the status by which it finds its words; all other errors bring their own. */
export const handleError: HandleClientError = ({ error }) =>
  error instanceof ServerUnreachable ? { status: 503 } : undefined;
