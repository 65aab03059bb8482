/** The browser suite's `test` with participants on official clients that are not ours. */
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Api } from '../harness/api.ts';
import type { Server } from '../harness/server.ts';
import { expect, test as base } from '../harness/test.ts';
import { COMMANDS, ParticipantProcess, type Joining } from './participant.ts';

export type Client = keyof typeof COMMANDS;

export interface Guest extends Omit<Partial<Joining>, 'token'> {
  readonly name: string;
  /** Grants that our own tokens do not have, by their names in a LiveKit token. */
  readonly grants?: Readonly<Record<string, boolean>>;
}

/** A guest of the session as far as the API is concerned, whose media is that client's. Connected. */
export type Enter = (
  client: Client,
  invite: { readonly code: string } | null,
  guest: Guest,
) => Promise<ParticipantProcess>;

export const test = base.extend<{ foreign: Enter }>({
  foreign: async ({ server }, use) => {
    const participants: ParticipantProcess[] = [];
    try {
      await use(async (client, invite, { name, grants, ...joining }) => {
        if (invite === null) throw new Error('the session has no invitation');
        const participant = new ParticipantProcess(COMMANDS[client], {
          url: server.url.replace(/^http/, 'ws'),
          toneHz: 440,
          ...joining,
          token: await tokenOf(server, invite.code, name, grants),
        });
        participants.push(participant);
        await expect
          .poll(() => participant.of('published').length, {
            message: `${client} is in and publishes: ${participant.complaints}`,
          })
          .toBe(1);
        return participant;
      });
    } finally {
      for (const participant of participants) participant.kill();
    }
  },
});

export { expect };

/** The token that the API gives to a guest, with more grants if so wished. */
async function tokenOf(server: Server, code: string, name: string, grants: Guest['grants']): Promise<string> {
  const guest = new Api(server);
  const { session_id } = await guest.joinByCode(code, name, 'assisted');
  const { token } = await guest.rtcToken(session_id);
  if (grants === undefined) return token;
  const [head = '', payload = ''] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const signed = `${head}.${Buffer.from(
    JSON.stringify({ ...claims, video: { ...claims.video, ...grants } }),
  ).toString('base64url')}`;
  const secret = (await readFile(join(server.dataDir, 'media.key'), 'utf8')).trim();
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
