/**
 * What a network can throw at the server: each gets a clear error or is closed with a reason, nothing
 * panics (every test's teardown looks), and others do not notice.
 */
import { Api } from '../harness/api.ts';
import { GUEST } from '../harness/data.ts';
import { ask, RawWebSocket } from '../harness/raw.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

const ATTACKER = '127.0.0.66';
const WRONG_CODES = 10_000;
const AT_ONCE = 50;
/** As many bytes as names and titles may have. */
const WIDE_TITLE = '𐍈'.repeat(110);

/** LiveKit's `WrappedJoinRequest{join_request: JoinRequest{client_info: {sdk: JS, protocol: 17}}}`. */
const JOIN_REQUEST = Buffer.from([0x12, 0x06, 0x0a, 0x04, 0x08, 0x01, 0x18, 0x11]).toString('base64url');

function rtcPath(token: string, route = '/rtc/v1'): string {
  return `${route}?access_token=${token}&join_request=${JOIN_REQUEST}`;
}

async function isAlive(server: Server): Promise<void> {
  expect((await fetch(`${server.url}/healthz`)).ok).toBe(true);
}

test.describe('over HTTP', () => {
  test('an oversized body is refused before it is read', async ({ server, owner }) => {
    await owner.get('installation');
    const answer = await ask(server, {
      method: 'POST',
      path: '/api/v1/sign-ins',
      body: JSON.stringify({ email: 'x'.repeat(70 * 1024), password: 'y' }),
    });
    expect(answer.status).toBe(413);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(answer.text)).toMatchObject({ type: '/problems/body-too-large', status: 413 });
    await isAlive(server);
  });

  for (const [what, body] of [
    ['cut off JSON', '{"email": "a@b.example", "passw'],
    ['no JSON at all', '\u0000\u0001\u0002 hello'],
    ['an empty body', ''],
    ['a list instead of an object', '[1, 2, 3]'],
    ['a number instead of a text', '{"email": 5, "password": []}'],
    ['very deep JSON', '['.repeat(20_000)],
  ] as const) {
    test(`${what} is answered with a problem`, async ({ server }) => {
      const answer = await ask(server, { method: 'POST', path: '/api/v1/sign-ins', body });
      expect([400, 422]).toContain(answer.status);
      expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
      await isAlive(server);
    });
  }

  test('bytes that are no text are answered with a problem', async ({ server }) => {
    const body = Buffer.from([0xff, 0xfe, 0x80, 0x00, 0xc3, 0x28]);
    const answer = await ask(server, { method: 'POST', path: '/api/v1/sign-ins', body });
    expect(answer.status).toBe(400);
  });

  test('a request from another site is refused', async ({ owner }) => {
    const answer = await owner.send(
      'POST',
      'sessions',
      { role: 'expert' },
      { origin: 'https://evil.example' },
    );
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ type: '/problems/cross-origin-refused' });
  });

  test('a forged sign-in and a forged seat open nothing', async ({ server, owner }) => {
    const session = await owner.createSession('expert');
    for (const cookie of [
      'helpsight_sign_in=AAAA',
      `helpsight_seat=${'A'.repeat(43)}`,
      'helpsight_sign_in=\u00ff',
    ]) {
      const answer = await ask(server, {
        method: 'GET',
        path: `/api/v1/sessions/${session.id}/participants/me`,
        headers: { cookie },
      });
      expect(answer.status).toBe(401);
    }
  });

  test('10,000 wrong codes find nothing, are slowed down, and disturb no guest', async ({
    server,
    owner,
  }) => {
    test.setTimeout(180_000);
    const session = await owner.createSession('expert');
    const statuses = new Map<number, number>();
    let retryAfter: string | undefined;
    let next = 0;
    const guess = async (): Promise<void> => {
      for (let mine = next++; mine < WRONG_CODES; mine = next++) {
        const number = (mine * 99_991) % 1_000_000_000;
        const code = String(number).padStart(9, '0');
        if (code === session.invite.code) continue;
        const answer = await ask(server, {
          method: 'POST',
          path: '/api/v1/invites/look-ups',
          body: JSON.stringify({ code }),
          from: ATTACKER,
        });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        retryAfter ??= answer.headers['retry-after'];
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, guess));
    expect([...statuses.keys()].sort()).toEqual([404, 429]);
    expect(statuses.get(404)).toBeLessThan(200);
    expect(Number(retryAfter)).toBeGreaterThan(0);

    const guest = new Api(server);
    await guest.joinByCode(session.invite.code, GUEST, 'assisted');
    await isAlive(server);
  });
});

test.describe('over the media signalling', () => {
  test('forged, expired, foreign and missing tokens are refused before the upgrade', async ({
    server,
    owner,
  }) => {
    const session = await owner.createSession('expert');
    const { token } = await owner.rtcToken(session.id);
    const [header = '', claims = '', signature = ''] = token.split('.');
    const forged = `${header}.${changed(claims, { sub: 'par_00000000000000000000000000' })}.${signature}`;
    const expired = `${header}.${changed(claims, { exp: 1, nbf: 0 })}.${signature}`;
    const unsigned = `${encode({ alg: 'none', typ: 'JWT' })}.${claims}.`;
    for (const bad of [forged, expired, unsigned, '', 'a.b.c', 'x'.repeat(8_000)]) {
      await expect(RawWebSocket.open(server, rtcPath(bad))).rejects.toThrow(/ 40[013] /);
      expect(
        (await ask(server, { method: 'GET', path: rtcPath(bad, '/rtc/v1/validate') })).status,
      ).toBeGreaterThan(399);
    }
    const good = await RawWebSocket.open(server, rtcPath(token));
    await expect.poll(() => good.messages.length).toBeGreaterThan(0);
    good.end();
  });

  test('a token opens its own room and no other', async ({ server, owner }) => {
    const mine = await owner.createSession('expert');
    const other = await owner.createSession('expert');
    const { token } = await owner.rtcToken(mine.id);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims.video.room).toBe(mine.id);
    const socket = await RawWebSocket.open(server, `${rtcPath(token)}&room=${other.id}`);
    await expect.poll(() => socket.messages.length).toBeGreaterThan(0);
    const join = Buffer.from(socket.messages[0] ?? '').toString('latin1');
    expect(join).toContain(mine.id);
    expect(join).not.toContain(other.id);
    socket.end();
  });

  test('broken join requests are refused', async ({ server, owner }) => {
    const session = await owner.createSession('expert');
    const { token } = await owner.rtcToken(session.id);
    for (const request of [
      '!!!!',
      Buffer.from([0xff, 0xff, 0xff]).toString('base64url'),
      'A'.repeat(60_000),
    ]) {
      const path = `/rtc/v1?access_token=${token}&join_request=${request}`;
      await expect(RawWebSocket.open(server, path)).rejects.toThrow(/ 4\d\d /);
    }
    await isAlive(server);
  });

  test('broken protobuf closes that connection with a reason and nobody else’s', async ({
    server,
    owner,
  }) => {
    const session = await owner.createSession('expert');
    const guest = new Api(server);
    await guest.joinByCode(session.invite.code, GUEST, 'assisted');
    const innocent = await RawWebSocket.open(server, rtcPath((await guest.rtcToken(session.id)).token));
    await expect.poll(() => innocent.messages.length).toBeGreaterThan(0);

    for (const bytes of [
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]),
      Buffer.from([0x0a, 0x7f, 0x01]),
      Buffer.alloc(60_000, 0x0a),
    ]) {
      const broken = await RawWebSocket.open(server, rtcPath((await owner.rtcToken(session.id)).token));
      await expect.poll(() => broken.messages.length).toBeGreaterThan(0);
      broken.send(bytes);
      expect((await broken.closed).code).not.toBeNull();
      expect(reasonOfLeave(broken.messages.at(-1)), 'the last message says why').toBeGreaterThan(0);
    }
    const before = innocent.messages.length;
    innocent.send(ping());
    await expect.poll(() => innocent.messages.length).toBeGreaterThan(before);
    innocent.end();
  });

  test('bytes that are no WebSocket frame end the connection', async ({ server, owner }) => {
    const session = await owner.createSession('expert');
    const socket = await RawWebSocket.open(server, rtcPath((await owner.rtcToken(session.id)).token));
    socket.sendRaw(Buffer.alloc(512, 0xff));
    await socket.closed;
    await isAlive(server);
  });
});

test.describe('over the session’s WebSocket', () => {
  test('without a seat, or from another site, there is no upgrade', async ({ server, owner }) => {
    const session = await owner.createSession('expert');
    const path = `/api/v1/sessions/${session.id}/live`;
    await expect(RawWebSocket.open(server, path)).rejects.toThrow(/ 401 /);
    const cookie = owner.cookiesFor(path);
    await expect(
      RawWebSocket.open(server, path, { Cookie: cookie, Origin: 'https://evil.example' }),
    ).rejects.toThrow(/ 403 /);
  });

  test('what it does not understand it closes with a reason', async ({ server, owner }) => {
    const session = await owner.createSession('expert');
    const path = `/api/v1/sessions/${session.id}/live`;
    for (const [bad, code] of [
      ['{"type":"dance"}', 1003],
      ['no json', 1003],
      [Buffer.from([1, 2, 3]), 1003],
      ['x'.repeat(1_000_000), 1009],
    ] as const) {
      const socket = await RawWebSocket.open(server, path, { Cookie: owner.cookiesFor(path) });
      await expect.poll(() => socket.messages.length).toBeGreaterThan(0);
      socket.send(bad);
      const close = await socket.closed;
      expect(close.code).toBe(code);
      expect(close.reason).not.toBe('');
    }
  });

  test('one that stops reading is closed, and the others miss nothing', async ({ server, owner }) => {
    test.setTimeout(180_000);
    const session = await owner.createSession('expert');
    const guest = new Api(server);
    await guest.joinByCode(session.invite.code, GUEST, 'assisted');

    const path = `/api/v1/sessions/${session.id}/live`;
    const reader = await RawWebSocket.open(server, path, { Cookie: owner.cookiesFor(path) });
    const deaf = await RawWebSocket.open(server, path, { Cookie: guest.cookiesFor(path) });
    await expect.poll(() => deaf.messages.length).toBeGreaterThan(0);
    deaf.stopReading();

    // The kernel's buffers take megabytes before the server notices.
    let changes = 0;
    while (await deaf.isOpenAtServer()) {
      for (let batch = 0; batch < 100; batch += 1) {
        const title = `${changes}${WIDE_TITLE}`;
        await Promise.all([
          owner.post(`sessions/${session.id}/invite/renewals`),
          owner.patch(`sessions/${session.id}`, { title }),
        ]);
        changes += 1;
      }
      for (const socket of [reader, deaf]) socket.send('{"type":"ping"}');
    }
    deaf.read();
    await deaf.closed;

    const seen = (): number[] =>
      reader.messages
        .map((message) => JSON.parse(message.toString()))
        .filter(({ type }) => type === 'event')
        .map(({ event }) => event.seq);
    await expect.poll(() => seen().length).toBeGreaterThanOrEqual(changes);
    const order = seen();
    expect(order).toEqual(order.map((_, index) => (order[0] ?? 0) + index));
    reader.end();
  });
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function changed(claims: string, change: object): string {
  return encode({ ...JSON.parse(Buffer.from(claims, 'base64url').toString()), ...change });
}

/** LiveKit's `SignalRequest{ping_req: {timestamp: 1}}`. */
function ping(): Buffer {
  return Buffer.from([0x82, 0x01, 0x02, 0x08, 0x01]);
}

/** The reason (LiveKit's `DisconnectReason`) in a `SignalResponse{leave: {reason}}`, or 0. */
function reasonOfLeave(message: string | Buffer | undefined): number {
  const bytes = Buffer.from(message ?? '');
  const [leave, , reason] = [0x42, 0, 0x10];
  return bytes[0] === leave && bytes[2] === reason ? (bytes[3] ?? 0) : 0;
}
