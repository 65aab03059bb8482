/** Where the web app's files come from, how long they are kept, and what may run. */
import { createServer } from 'node:http';
import { once } from 'node:events';

import { expect, test } from '../harness/test.ts';
import { Server } from '../harness/server.ts';
import { Person } from '../harness/person.ts';

function assetsOf(html: string): string[] {
  return [...html.matchAll(/(?:href|src|import\()\s*=?\s*["']([^"']*_app\/immutable\/[^"']+)["']/g)].map(
    ([, url]) => url ?? '',
  );
}

test('pages are never kept, hashed assets for ever, and compressed for those who ask', async ({ server }) => {
  for (const path of ['/', '/join', '/sessions/ses_0', '/people']) {
    const page = await fetch(`${server.url}${path}`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    expect(page.headers.get('cache-control')).toContain('no-store');
  }
  const assets = assetsOf(await (await fetch(`${server.url}/join`)).text());
  expect(assets.length).toBeGreaterThan(0);
  for (const asset of assets) {
    const answer = await fetch(new URL(asset, `${server.url}/join`), {
      headers: { 'accept-encoding': 'br' },
    });
    expect(answer.status, asset).toBe(200);
    expect(answer.headers.get('cache-control')).toContain('immutable');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(
      answer.headers.get('content-encoding') === 'br' || Number(answer.headers.get('content-length')) < 2000,
    ).toBe(true);
  }
  const gone = await fetch(`${server.url}/_app/immutable/no-such-file.js`);
  expect(gone.status).toBe(404);
  expect((await fetch(`${server.url}/api/v1/installation`)).headers.get('cache-control')).toBe('no-store');
});

test('the content security policy allows no inline script, no foreign host and no frame around us', async ({
  server,
}) => {
  const policy = (await fetch(`${server.url}/join`)).headers.get('content-security-policy') ?? '';
  const directives = new Map(
    policy.split(';').map((part) => {
      const [name = '', ...values] = part.trim().split(/\s+/);
      return [name, values] as const;
    }),
  );
  expect(directives.get('default-src')).toEqual(
    expect.arrayContaining([expect.stringMatching(/'(self|none)'/)]),
  );
  expect(policy).not.toContain("'unsafe-eval'");
  expect(directives.get('script-src')).not.toContain("'unsafe-inline'");
  expect(directives.get('frame-ancestors')).toEqual(["'none'"]);
  expect(directives.get('object-src') ?? directives.get('default-src')).toEqual(["'none'"]);
  expect(directives.get('base-uri')).toEqual([expect.stringMatching(/'(self|none)'/)]);
  const answer = await fetch(`${server.url}/join`);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toMatch(/no-referrer|same-origin/);
});

test('the app runs with its assets on another host', async () => {
  // What a CDN is to us: it fetches from the web host and serves with its own address.
  let origin = '';
  const served: string[] = [];
  const cdn = createServer((incoming, outgoing) => {
    served.push(incoming.url ?? '');
    void fetch(`${origin}${incoming.url}`).then(async (answer) => {
      outgoing.writeHead(answer.status, {
        'content-type': answer.headers.get('content-type') ?? '',
        'access-control-allow-origin': '*',
      });
      outgoing.end(Buffer.from(await answer.arrayBuffer()));
    });
  }).listen(0, '127.0.0.1');
  await once(cdn, 'listening');
  const address = cdn.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const assetBase = `http://localhost:${address.port}`;
  const server = await Server.start({ WEB__ASSET_BASE_URL: assetBase });
  origin = server.url;

  const page = await fetch(`${server.url}/join`);
  expect(page.headers.get('content-security-policy')).toContain(assetBase);
  for (const asset of assetsOf(await page.text())) expect(asset.startsWith(assetBase), asset).toBe(true);

  const person = await Person.enter(server);
  await person.page.goto('/join');
  await expect(person.page.getByRole('heading').first()).toBeVisible();
  expect(served.length).toBeGreaterThan(0);
  person.forgive(/foreign host: http:\/\/localhost/);
  expect(person.complaints).toEqual([]);

  await person.leave();
  await server.dispose();
  cdn.close();
});
