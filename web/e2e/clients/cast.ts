/** The browser suite's `test` with participants on official clients that are not ours. */
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Api } from '../harness/api.ts';
import type { Server } from '../harness/server.ts';
import { cameraClip, tone, type Camera } from '../harness/clip.ts';
import type { Person, PersonOptions } from '../harness/person.ts';
import { expect, test as base } from '../harness/test.ts';
import { ChromiumPage } from './browser-page.ts';
import { BrowserParticipant, type BrowserOptions } from './browser-participant.ts';
import { CAMERA, commandOf, type Program } from './commands.ts';
import { OfferReader, OFFERS_FOLDER } from './offers.ts';
import { ParticipantProcess, type ForeignParticipant, type Joining } from './participant.ts';
import { TcpRelay } from './relay.ts';

export type Client = Program | 'browser';

export interface Guest extends Omit<Partial<Joining>, 'token'>, BrowserOptions {
  readonly name: string;
  /** Of a browser. */
  readonly camera?: Camera;
  /** More about the browser itself. */
  readonly person?: PersonOptions;
  /** What a browser will complain about, since the test makes it happen. */
  readonly forgives?: RegExp;
  /** Of the microphone. */
  readonly toneHz?: number;
  /** Grants that our own tokens do not have, by their names in a LiveKit token. */
  readonly grants?: Readonly<Record<string, boolean>>;
}

type Entering = Omit<Guest, 'name' | 'grants'> & Joining;

/** A guest of the session as far as the API is concerned, whose media is that client's. Connected. */
export type Enter = (
  client: Client,
  invite: { readonly code: string } | null,
  guest: Guest,
) => Promise<ForeignParticipant>;

export const test = base.extend<{ foreign: Enter }>({
  foreign: async ({ server, cast }, use) => {
    const processes: ParticipantProcess[] = [];
    const relays: TcpRelay[] = [];
    const provoked: { person: Person; complaints: RegExp }[] = [];
    const enter = async (client: Client, { token, ...guest }: Entering): Promise<ForeignParticipant> => {
      const { toneHz = 440, camera = await cameraClip(CAMERA), person: more, forgives, ...joining } = guest;
      if (client === 'browser') {
        const person = await cast.enter({
          camera,
          microphone: await tone(toneHz),
          // Pages connect to nobody but to where they come from.
          url: joining.url.replace(/^ws/, 'http'),
          ...more,
        });
        if (forgives !== undefined) provoked.push({ person, complaints: forgives });
        return BrowserParticipant.join(new ChromiumPage(person), camera.size, { ...joining, token });
      }
      const participant = new ParticipantProcess(await commandOf(client, toneHz), { ...joining, token });
      processes.push(participant);
      return participant;
    };
    const tapped = async (client: Client, { isDual }: Pick<Joining, 'isDual'>): Promise<string> => {
      const relay = await TcpRelay.to(server.httpPort);
      relays.push(relay);
      const label = `${client}-${isDual || client === 'go' ? 'dual' : 'single'}`;
      relay.readAlong = () => {
        const reader = new OfferReader(label);
        return (chunk) => void reader.read(chunk);
      };
      return `ws://127.0.0.1:${relay.port}`;
    };
    try {
      await use(async (client, invite, { name, grants, ...guest }) => {
        if (invite === null) throw new Error('the session has no invitation');
        const participant = await enter(client, {
          url: isReadAlong(server) ? await tapped(client, guest) : server.url.replace(/^http/, 'ws'),
          ...guest,
          token: await tokenOf(server, invite.code, name, grants),
        });
        await expect
          .poll(() => participant.of(guest.isOnlooker ? 'connected' : 'published').length, {
            message: `${client} is in: ${participant.complaints}`,
          })
          .toBe(1);
        return participant;
      });
    } finally {
      for (const participant of processes) participant.kill();
      for (const relay of relays) relay.close();
      for (const { person, complaints } of provoked) person.forgive(complaints);
    }
  },
});

export { expect };

/** Under `./test --long`. */
export const IS_LONG = Boolean(process.env['HELPSIGHT_E2E_LONG']);

/** What is encrypted cannot be. */
function isReadAlong(server: Server): boolean {
  return OFFERS_FOLDER !== undefined && server.url === server.plainUrl;
}

/** The token that the API gives to a guest, with more grants if so wished. */
export async function tokenOf(
  server: Server,
  code: string,
  name: string,
  grants: Guest['grants'],
): Promise<string> {
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
