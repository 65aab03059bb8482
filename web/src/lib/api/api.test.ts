import { afterEach, expect, test, vi } from 'vitest';

import { api, fillPath } from './api.ts';
import { ServerUnreachable } from './problem.ts';

afterEach(() => vi.unstubAllGlobals());

function serve(answer: () => Promise<Response>) {
  const fetched = vi.fn<typeof fetch>(answer);
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

test('fills the path, the query and the body', async () => {
  const fetched = serve(async () => new Response('{"items":[],"next_cursor":null}'));
  await api.get('/users', { query: { cursor: null, limit: 3 } });
  expect(fetched.mock.calls[0]?.[0]).toBe('/api/v1/users?limit=3');

  await api.patch('/users/{id}', { path: { id: 'a/b' }, body: { role: 'admin' } });
  expect(fetched.mock.calls[1]?.[0]).toBe('/api/v1/users/a%2Fb');
  expect(fetched.mock.calls[1]?.[1]).toMatchObject({ method: 'PATCH', body: '{"role":"admin"}' });
});

test('sends the idempotency key of a creation', async () => {
  const fetched = serve(async () => new Response('{}'));
  await api.post('/sessions', { body: { role: 'expert' }, idempotencyKey: 'k1' });
  expect(new Headers(fetched.mock.calls[0]?.[1]?.headers).get('idempotency-key')).toBe('k1');
});

test('an answer without a body is null', async () => {
  serve(async () => new Response(null, { status: 204 }));
  expect(await api.delete('/sign-ins/current')).toBeNull();
});

test('no answer is a server that can not be reached', async () => {
  serve(() => Promise.reject(new TypeError('failed to fetch')));
  await expect(api.get('/installation')).rejects.toBeInstanceOf(ServerUnreachable);
});

test('a parameter that is not given stays visible', () => {
  expect(fillPath('/users/{id}', {})).toBe('/users/{id}');
});
