import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { isProblem, problemSlugs, readProblem } from './problem.ts';

function answer(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers });
}

test('knows every kind of refusal that the API documents', () => {
  const api = JSON.parse(readFileSync('../docs/reference/openapi.json', 'utf8'));
  const documented = api.components.schemas.ProblemType.enum.map((type: string) => type.slice(10));
  expect([...problemSlugs].sort()).toEqual(documented.sort());
});

test('reads the kind, the fields and the time to wait', async () => {
  const body = {
    type: '/problems/invalid-input',
    status: 422,
    fields: [{ field: 'email', code: 'invalid' }, 'noise'],
    retry_after_s: 7,
  };
  const problem = await readProblem(answer(422, JSON.stringify(body)));
  expect(problem).toMatchObject({
    slug: 'invalid-input',
    status: 422,
    fields: [{ field: 'email', code: 'invalid' }],
    retryAfterS: 7,
  });
  expect(isProblem(problem, 'session-full', 'invalid-input')).toBe(true);
  expect(isProblem(problem, 'session-full')).toBe(false);
});

test('takes the time to wait from the header too', async () => {
  const body = JSON.stringify({ type: '/problems/too-many-attempts' });
  expect((await readProblem(answer(429, body, { 'retry-after': '42' }))).retryAfterS).toBe(42);
});

test.each([
  [502, '<html>bad gateway</html>', 'unavailable'],
  [500, '', 'internal'],
  [400, '[]', 'internal'],
  [409, '{"type":"/problems/from-the-future"}', 'internal'],
])('%i without a known problem is told apart by its status', async (status, body, slug) => {
  expect((await readProblem(answer(status, body))).slug).toBe(slug);
});
