//! One request to `/api/v1`: JSON out, JSON in, refusals as errors (see `problem.ts`).

import { readProblem, ServerUnreachable } from './problem.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';

export interface RequestOptions {
  /** Sent as JSON. */
  body?: object;
  query?: Readonly<Record<string, string | number | null | undefined>>;
  /** The same key makes the server answer a repeated creation with the first one's result. */
  idempotencyKey?: string;
  signal?: AbortSignal;
}

/**
 * Answers with the body, as the type that the endpoint documents; with null when there is none.
 *
 * @throws ApiProblem when the server refuses
 * @throws ServerUnreachable when there is no answer
 */
export async function request<Answer>(
  method: Method,
  path: string,
  options: RequestOptions = {},
): Promise<Answer> {
  const response = await send(method, address(path, options.query), options);
  if (!response.ok) throw await readProblem(response);
  return JSON.parse((await response.text()) || 'null');
}

async function send(method: Method, url: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers({ accept: 'application/json' });
  if (options.body) headers.set('content-type', 'application/json');
  if (options.idempotencyKey) headers.set('idempotency-key', options.idempotencyKey);
  try {
    return await fetch(url, {
      method,
      headers,
      body: options.body ? JSON.stringify(options.body) : null,
      signal: options.signal ?? null,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ServerUnreachable(error);
  }
}

function address(path: string, query: RequestOptions['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined) search.set(name, String(value));
  }
  return `/api/v1${path}${search.toString() ? `?${search}` : ''}`;
}
