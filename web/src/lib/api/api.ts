//! The API with the types of its own description: `api.get('/sessions/{id}', { path: { id } })`.
//!
//! Paths, parameters, bodies and answers come from `schema.ts`; a call that the server would not understand
//! does not compile. Errors are those of `client.ts`.

import { request, type RequestOptions } from './client.ts';
import type { paths } from './schema.ts';

type Verb = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** The documented paths that know `V`, without the common prefix. */
type PathOf<V extends Verb> = {
  [P in keyof paths]: paths[P][V] extends object ? (P extends `/api/v1${infer Rest}` ? Rest : never) : never;
}[keyof paths];

type Operation<V extends Verb, P extends string> = `/api/v1${P}` extends infer Full extends keyof paths
  ? paths[Full][V]
  : never;

type JsonOf<Content> = Content extends { content: { 'application/json': infer Json } } ? Json : null;

/** The body of the answer; null where the API documents none. */
type Answer<O> = O extends { responses: infer R }
  ? { [Status in keyof R & (200 | 201 | 204)]: JsonOf<R[Status]> }[keyof R & (200 | 201 | 204)]
  : never;

type PathParameters<O> = O extends { parameters: { path: infer Parameters extends object } }
  ? { path: Parameters }
  : { path?: never };

type QueryParameters<O> = O extends { parameters: { query?: infer Parameters extends object } }
  ? { query?: { [Name in keyof Parameters]: Parameters[Name] | null | undefined } }
  : { query?: never };

type Body<O> = O extends { requestBody: { content: { 'application/json': infer Json extends object } } }
  ? { body: Json }
  : { body?: never };

type Options<O> = PathParameters<O> &
  QueryParameters<O> &
  Body<O> &
  Pick<RequestOptions, 'signal' | 'idempotencyKey'>;

/** Options may be left out where nothing in them is required. */
type Arguments<O> = Record<never, never> extends Options<O> ? [options?: Options<O>] : [options: Options<O>];

function calling<V extends Verb>(verb: V) {
  return <P extends PathOf<V>>(
    path: P,
    ...[options]: Arguments<Operation<V, P>>
  ): Promise<Answer<Operation<V, P>>> => {
    const { path: parameters, ...rest }: RequestOptions & { path?: PathValues } = options ?? {};
    return request(METHODS[verb], fillPath(path, parameters ?? {}), rest);
  };
}

export const api = {
  get: calling('get'),
  post: calling('post'),
  patch: calling('patch'),
  put: calling('put'),
  delete: calling('delete'),
};

type PathValues = Readonly<Record<string, string>>;

/** `/users/{id}` with `{ id: 'usr_1' }` gives `/users/usr_1`. */
export function fillPath(template: string, values: PathValues): string {
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    return value === undefined ? placeholder : encodeURIComponent(value);
  });
}

const METHODS = { get: 'GET', post: 'POST', patch: 'PATCH', put: 'PUT', delete: 'DELETE' } as const;
