/** What the official client finds when it examines the connection to our server. */
import { readFile } from 'node:fs/promises';

import { Api } from '../harness/api.ts';
import { GUEST } from '../harness/data.ts';
import { openClientPage } from './browser-page.ts';
import { expect, test } from './cast.ts';

const CHECKS = [
  'checkWebsocket',
  'checkWebRTC',
  'checkTURN',
  'checkReconnect',
  'checkPublishAudio',
  'checkPublishVideo',
] as const;

test('the browser client is the one that the web app ships', async () => {
  const versions = await Promise.all(
    ['../../package.json', '../package.json'].map(async (path) => {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(
        await readFile(new URL(path, import.meta.url), 'utf8'),
      );
      return { ...dependencies, ...devDependencies }['livekit-client'];
    }),
  );
  expect(versions[0]).toBe(versions[1]);
});

test("the browser client's own connection check is content", async ({ server, owner, cast }) => {
  const { invite } = await owner.createSession('expert');
  const guest = new Api(server);
  const { session_id } = await guest.joinByCode(invite?.code ?? '', GUEST, 'assisted');
  const { token } = await guest.rtcToken(session_id);
  const person = await cast.enter();
  await openClientPage(person);

  for (const check of CHECKS) {
    const found = await person.page.evaluate(
      async ([name, url, token]) => {
        const { ConnectionCheck, CheckStatus } = window.LivekitClient;
        const { status, logs } = await new ConnectionCheck(url, token)[name]();
        return {
          status: CheckStatus[status],
          logs: logs.map(({ level, message }) => `${level}: ${message}`),
        };
      },
      [check, server.url.replace(/^http/, 'ws'), token] as const,
    );
    // Nothing relays yet, which the client notes and passes over.
    expect(found, check).toMatchObject({ status: check === 'checkTURN' ? 'SKIPPED' : 'SUCCESS' });
  }
});
