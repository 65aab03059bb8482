//! What can go wrong with a request, as two errors: the server said no (`ApiProblem`, from RFC 9457
//! problem+json) or did not answer (`ServerUnreachable`).

import type { FieldProblem, ProblemType } from './schema.ts';

/** A test holds this list against the API's description. */
export const problemSlugs: readonly ProblemSlug[] = [
  'invalid-json',
  'invalid-input',
  'body-too-large',
  'not-signed-in',
  'wrong-credentials',
  'forbidden',
  'cross-origin-refused',
  'not-found',
  'method-not-allowed',
  'upgrade-required',
  'email-taken',
  'user-deactivated',
  'last-owner',
  'already-set-up',
  'setup-token-wrong',
  'link-expired',
  'too-many-attempts',
  'too-many-connections',
  'idempotency-key-reused',
  'invite-not-found',
  'invite-expired',
  'invite-used-up',
  'session-ended',
  'session-full',
  'guests-not-allowed',
  'removed-from-session',
  'seat-needed',
  'unknown-policy',
  'unavailable',
  'internal',
];

type SlugOf<Type> = Type extends `/problems/${infer Slug}` ? Slug : never;

/** Every kind of refusal that the API documents, such as `session-full`. */
export type ProblemSlug = SlugOf<ProblemType>;

/** The server refused the request and said why. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly slug: ProblemSlug;
  readonly status: number;
  readonly fields: readonly FieldProblem[];
  /** Seconds until another attempt can succeed; null when the server did not say. */
  readonly retryAfterS: number | null;

  constructor(problem: Pick<ApiProblem, 'slug' | 'status' | 'fields' | 'retryAfterS'>) {
    super(`${problem.slug} (${problem.status})`);
    this.slug = problem.slug;
    this.status = problem.status;
    this.fields = problem.fields;
    this.retryAfterS = problem.retryAfterS;
  }
}

/** No answer: the network or the server is away. */
export class ServerUnreachable extends Error {
  override readonly name = 'ServerUnreachable';

  constructor(cause: unknown) {
    super('the server did not answer', { cause });
  }
}

/** Reads an answer that is not 2xx. A body that is no problem+json counts as `internal` or `unavailable`. */
export async function readProblem(response: Response): Promise<ApiProblem> {
  const body = await readJson(response);
  return new ApiProblem({
    slug: parseSlug(body['type']) ?? (response.status >= 502 ? 'unavailable' : 'internal'),
    status: response.status,
    fields: Array.isArray(body['fields']) ? body['fields'].filter(isFieldProblem) : [],
    retryAfterS: parseRetryAfter(body['retry_after_s'] ?? response.headers.get('retry-after')),
  });
}

/** Whether `error` is an `ApiProblem` of one of these kinds. */
export function isProblem<Slug extends ProblemSlug>(
  error: unknown,
  ...slugs: Slug[]
): error is ApiProblem & { slug: Slug } {
  return error instanceof ApiProblem && slugs.some((slug) => slug === error.slug);
}

async function readJson(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return isRecord(body) ? body : {};
  } catch {
    return {};
  }
}

function parseSlug(type: unknown): ProblemSlug | null {
  if (typeof type !== 'string') return null;
  const last = type.split('/').at(-1);
  return problemSlugs.find((slug) => slug === last) ?? null;
}

function parseRetryAfter(value: unknown): number | null {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

function isFieldProblem(value: unknown): value is FieldProblem {
  return isRecord(value) && typeof value['field'] === 'string' && typeof value['code'] === 'string';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
