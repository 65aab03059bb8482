import { afterEach, expect, test, vi } from 'vitest';

import { Joining } from './joining.svelte.ts';

afterEach(() => vi.unstubAllGlobals());

/** Answers look-ups, and redemptions one after the other; gives the keys that those came with. */
function serve(session_id: string, ...redemptions: (() => Promise<Response>)[]): (string | null)[] {
  const keys: (string | null)[] = [];
  const found = { session_id, title: null, organisation_name: 'Acme', invited_by: null };
  const answer: typeof fetch = async (input, init) => {
    if (String(input).endsWith('/look-ups')) return new Response(JSON.stringify(found));
    keys.push(new Headers(init?.headers).get('idempotency-key'));
    const next = redemptions.shift();
    if (!next) throw new Error('nobody expects one more');
    return next();
  };
  vi.stubGlobal('fetch', vi.fn(answer));
  return keys;
}

const lost = () => Promise.reject(new TypeError('failed to fetch'));
const taken = async () => new Response('{}', { status: 201 });

async function join(joining: Joining, name: string): Promise<void> {
  await joining.lookUp({ code: '123456789' });
  joining.name = name;
  joining.identify();
  await joining.join(false);
}

test('a seat whose answer got lost is asked for under the same key', async () => {
  const keys = serve('ses_1', lost, taken);
  const joining = new Joining();
  await join(joining, 'Gus');
  expect(joining.step.at).toBe('refused');
  await join(joining, 'Gus');
  expect(joining.step.at).toBe('seated');
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[1]).toBe(keys[0]);
});

test('another name is another request', async () => {
  const keys = serve('ses_2', lost, taken);
  const joining = new Joining();
  await join(joining, 'Gus');
  await join(joining, 'Gerda');
  expect(keys[1]).not.toBe(keys[0]);
});
