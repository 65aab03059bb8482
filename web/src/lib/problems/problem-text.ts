//! What went wrong, in words: for a whole form, and for its fields.

import { ApiProblem, isProblem, ServerUnreachable, type ProblemSlug } from '#lib/api/problem.ts';
import type { FieldCode } from '#lib/api/schema.ts';
import { t, type PlainMessageKey } from '#lib/i18n/i18n.ts';

/** Says what went wrong and what to do next. */
export function problemText(error: unknown): string {
  if (error instanceof ServerUnreachable) return t('problem.unreachable');
  if (!(error instanceof ApiProblem)) return t('problem.unexpected');
  if (error.slug === 'too-many-attempts') return waitText(error.retryAfterS ?? ATTEMPTS_WAIT_S);
  return t(PROBLEM_TEXTS[error.slug]);
}

/** What is wrong with the field called `name`, if the server refused it. */
export function fieldText(error: unknown, name: string): string | undefined {
  if (!isProblem(error, 'invalid-input')) return undefined;
  const problem = error.fields.find((field) => field.field === name);
  return problem && t(FIELD_TEXTS[problem.code]);
}

function waitText(seconds: number): string {
  if (seconds < 120) return t('problem.too-many-attempts', { count: Math.max(1, Math.ceil(seconds)) });
  return t('problem.too-many-attempts-minutes', { count: Math.ceil(seconds / 60) });
}

const ATTEMPTS_WAIT_S = 60;

const PROBLEM_TEXTS: Readonly<Record<Exclude<ProblemSlug, 'too-many-attempts'>, PlainMessageKey>> = {
  'invalid-json': 'problem.invalid-json',
  'invalid-input': 'problem.invalid-input',
  'body-too-large': 'problem.body-too-large',
  'not-signed-in': 'problem.not-signed-in',
  'wrong-credentials': 'problem.wrong-credentials',
  forbidden: 'problem.forbidden',
  'cross-origin-refused': 'problem.cross-origin-refused',
  'not-found': 'problem.not-found',
  'method-not-allowed': 'problem.method-not-allowed',
  'upgrade-required': 'problem.upgrade-required',
  'too-many-connections': 'problem.too-many-connections',
  'email-taken': 'problem.email-taken',
  'user-deactivated': 'problem.user-deactivated',
  'last-owner': 'problem.last-owner',
  'already-set-up': 'problem.already-set-up',
  'setup-token-wrong': 'problem.setup-token-wrong',
  'link-expired': 'problem.link-expired',
  'idempotency-key-reused': 'problem.idempotency-key-reused',
  'invite-not-found': 'problem.invite-not-found',
  'invite-expired': 'problem.invite-expired',
  'invite-used-up': 'problem.invite-used-up',
  'session-ended': 'problem.session-ended',
  'session-full': 'problem.session-full',
  'guests-not-allowed': 'problem.guests-not-allowed',
  'removed-from-session': 'problem.removed-from-session',
  'seat-needed': 'problem.seat-needed',
  'unknown-policy': 'problem.unknown-policy',
  unavailable: 'problem.unavailable',
  internal: 'problem.internal',
};

const FIELD_TEXTS: Readonly<Record<FieldCode, PlainMessageKey>> = {
  required: 'field.required',
  too_short: 'field.too-short',
  too_long: 'field.too-long',
  out_of_range: 'field.out-of-range',
  invalid: 'field.invalid',
  not_allowed: 'field.not-allowed',
};
