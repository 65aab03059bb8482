/** The browser suite's `test` with participants on official clients that are not ours. */
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Api } from '../harness/api.ts';
import type { Server } from '../harness/server.ts';
import { cameraClip, tone } from '../harness/clip.ts';
import { expect, test as base } from '../harness/test.ts';
import { BrowserParticipant } from './browser-participant.ts';
import { CAMERA, commandOf, type Program } from './commands.ts';
import { ParticipantProcess, type ForeignParticipant, type Joining } from './participant.ts';

export type Client = Program | 'browser';

export interface Guest extends Omit<Partial<Joining>, 'token'> {
  readonly name: string;
  /** Of the microphone. */
  readonly toneHz?: number;
  /** Grants that our own tokens do not have, by their names in a LiveKit token. */
  readonly grants?: Readonly<Record<string, boolean>>;
}

/** A guest of the session as far as the API is concerned, whose media is that client's. Connected. */
export type Enter = (
  client: Client,
  invite: { readonly code: string } | null,
  guest: Guest,
) => Promise<ForeignParticipant>;

export const test = base.extend<{ foreign: Enter }>({
  foreign: async ({ server, cast }, use) => {
    const processes: ParticipantProcess[] = [];
    const enter = async (client: Client, toneHz: number, joining: Joining): Promise<ForeignParticipant> => {
      if (client === 'browser') {
        const person = await cast.enter({
          camera: await cameraClip(CAMERA),
          microphone: await tone(toneHz),
        });
        return BrowserParticipant.join(person, CAMERA, joining);
      }
      const participant = new ParticipantProcess(await commandOf(client, toneHz), joining);
      processes.push(participant);
      return participant;
    };
    try {
      await use(async (client, invite, { name, grants, toneHz = 440, ...joining }) => {
        if (invite === null) throw new Error('the session has no invitation');
        const participant = await enter(client, toneHz, {
          url: server.url.replace(/^http/, 'ws'),
          ...joining,
          token: await tokenOf(server, invite.code, name, grants),
        });
        await expect
          .poll(() => participant.of('published').length, {
            message: `${client} is in and publishes: ${participant.complaints}`,
          })
          .toBe(1);
        return participant;
      });
    } finally {
      for (const participant of processes) participant.kill();
    }
  },
});

export { expect };

/** Under `./test --long`. */
export const IS_LONG = Boolean(process.env['HELPSIGHT_E2E_LONG']);

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
