/** The way in: by link, by code, and every way to be turned away, each in its own words. */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { readdirSync } from 'node:fs';

import { Api } from '../harness/api.ts';
import { GUEST, OTHER_GUEST, TITLE } from '../harness/data.ts';
import { enterSession, joinByLink, tryToJoin } from '../harness/flows.ts';
import { expect, test } from '../harness/test.ts';

function spoken(code: string): string {
  return code.replace(/(\d{3})(?=\d)/g, '$1 ');
}

test('a guest joins with the code, a name and a role', async ({ owner, cast }) => {
  const session = await owner.createSession('expert', TITLE);
  const guest = await cast.enter({ isPhone: true });
  await guest.page.goto('/join');
  await guest.field('Join code').fill(spoken(session.invite.code));
  await guest.button('Join').click();
  await guest.page
    .getByRole('radiogroup', { name: 'Join as' })
    .getByRole('radio', { name: /I need help/ })
    .click();
  await guest.field('Your name').fill(GUEST);
  await guest.button('Continue').click();
  await expect(guest.heading('Check camera and microphone')).toBeVisible();
  await guest.button('Join').click();
  await expect(guest.page).toHaveURL(new RegExp(`/sessions/${session.id}$`));
  await expect(guest.stage).toBeVisible();
  const { items } = await owner.get<{ items: { id: string; participants_present: number }[] }>('sessions');
  expect(items.map(({ id }) => id)).toContain(session.id);
});

test('a wrong code says so and lets the person try another', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const wrong = session.invite.code === '123456789' ? '987654321' : '123456789';
  const guest = await cast.enter();
  await guest.page.goto('/join');
  await guest.field('Join code').fill(wrong);
  await guest.button('Join').click();
  await expect(
    guest.page.getByText('No session has this code').or(guest.heading('We can’t find this session')),
  ).toBeVisible();
});

test('a link to nothing has its own page', async ({ owner, cast }) => {
  await owner.createSession('expert');
  const guest = await cast.enter();
  await guest.page.goto('/join#AAAAAAAAAAAAAAAAAAAAAA');
  await expect(guest.heading('We can’t find this session')).toBeVisible();
  await guest.link('Enter another code').or(guest.button('Enter another code')).click();
  await expect(guest.field('Join code')).toBeVisible();
});

test('an expired invitation has its own page', async ({ server, owner, cast }) => {
  const session = await owner.createSession('expert');
  await server.stop();
  expireInvites(server.dataDir);
  await server.resume();
  const guest = await cast.enter();
  await guest.page.goto(session.invite.link);
  await expect(guest.heading('This invitation has expired')).toBeVisible();
});

test('an ended session has its own page, and opens again', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  await owner.post(`sessions/${session.id}/end`);
  const guest = await cast.enter();
  await guest.page.goto(session.invite.link);
  await expect(guest.heading('This session has ended')).toBeVisible();

  await owner.post(`sessions/${session.id}/reopen`);
  await guest.button('Try again').or(guest.link('Try again')).click();
  await expect(guest.field('Your name')).toBeVisible();
});

test('renewing an invitation ends the old one', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  await owner.post(`sessions/${session.id}/invite/renewals`);
  const guest = await cast.enter();
  await guest.page.goto(session.invite.link);
  await expect(guest.heading('We can’t find this session')).toBeVisible();
});

test('guests are turned away where the organisation wants none', async ({ server, owner, cast }) => {
  const session = await owner.createSession('expert');
  await owner.put('policies/sessions.guests', { value: false });
  const guest = await cast.enter();
  await guest.page.goto(session.invite.link);
  await expect(guest.heading('Guests can’t join here')).toBeVisible();
  const refused = await new Api(server).send('POST', 'invites/redemptions', {
    code: session.invite.code,
    name: GUEST,
    role: 'assisted',
  });
  expect(refused.status).toBe(403);
});

test.describe('with room for two', () => {
  test.use({ settings: { SESSIONS__PARTICIPANTS_MAX: '2' } });

  test('a full session has its own page', async ({ owner, cast }) => {
    const session = await owner.createSession('expert');
    const expert = await cast.enter({ signedIn: owner });
    await enterSession(expert, session.id);
    const first = await cast.enter();
    await joinByLink(first, session.invite.link, { name: GUEST });
    await expect(expert.videoOf(GUEST)).toBeVisible();

    const second = await cast.enter();
    await tryToJoin(second, session.invite.link, { name: OTHER_GUEST });
    await expect(second.heading(/session is full$/i)).toBeVisible();
  });
});

/** Sets the clock of all invitations back: what waiting for days would do. */
function expireInvites(dataDir: string): void {
  const file = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).find((name) =>
    /\.(db|sqlite3?)$/.test(name),
  );
  if (file === undefined) throw new Error(`no database in ${dataDir}`);
  const database = new DatabaseSync(join(dataDir, file));
  const tables = database
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '%invite%'`)
    .all();
  for (const { name } of tables) database.exec(`UPDATE ${String(name)} SET expires_at = 1`);
  database.close();
}
