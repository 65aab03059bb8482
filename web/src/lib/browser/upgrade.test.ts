import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { becomeNew, keepPage, loadPart, type Surroundings } from './upgrade.ts';

const tab = new Map<string, string>();
const storage = {
  getItem: (key: string) => tab.get(key) ?? null,
  setItem: (key: string, value: string) => void tab.set(key, value),
  removeItem: (key: string) => void tab.delete(key),
};

beforeEach(() => {
  tab.clear();
  vi.stubGlobal('sessionStorage', storage);
});
afterEach(() => vi.unstubAllGlobals());

const gone = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));

function page(ownVersion: string | undefined, serverVersion: string | null) {
  const reload = vi.fn();
  const surroundings: Surroundings = { ownVersion, serverVersion: async () => serverVersion, reload };
  return { reload, surroundings };
}

test('a part that is there is loaded without a question', async () => {
  const serverVersion = vi.fn();
  const loaded = loadPart(async () => 'part', { ownVersion: '1', serverVersion, reload: vi.fn() });
  expect(await loaded).toBe('part');
  expect(serverVersion).not.toHaveBeenCalled();
});

test('a part that is gone with its version makes the page new, once', async () => {
  const { reload, surroundings } = page('1', '2');
  const settled = vi.fn();
  void loadPart(gone, surroundings).finally(settled);
  await vi.waitFor(() => expect(reload).toHaveBeenCalledOnce());
  expect(settled, 'nothing is shown in between').not.toHaveBeenCalled();

  // The same old page again, out of a cache.
  await expect(loadPart(gone, surroundings)).rejects.toThrow('dynamically imported');
  expect(reload).toHaveBeenCalledOnce();

  const next = page('2', '3');
  expect(await becomeNew(next.surroundings)).toBe(true);
});

test.each([
  ['the server has the same version', '1', '1'],
  ['the server does not answer', '1', null],
  ['the page does not know its version', undefined, '2'],
] as const)('the page stays when %s', async (_, own, offered) => {
  const { reload, surroundings } = page(own, offered);
  await expect(loadPart(gone, surroundings)).rejects.toThrow('dynamically imported');
  expect(reload).not.toHaveBeenCalled();
});

test('the page stays when the tab remembers nothing', async () => {
  vi.stubGlobal('sessionStorage', undefined);
  const { reload, surroundings } = page('1', '2');
  expect(await becomeNew(surroundings)).toBe(false);
  expect(reload).not.toHaveBeenCalled();
});

test('a page that is kept stays, until it is let go', async () => {
  const { surroundings } = page('1', '2');
  const letGo = keepPage();
  expect(await becomeNew(surroundings)).toBe(false);
  letGo();
  letGo();
  expect(await becomeNew(surroundings)).toBe(true);
});
