/** Out of a session and back in: what those read who come and go, and those who stay. */
import { OWNER } from '../harness/api.ts';
import { EXPERT, GUEST } from '../harness/data.ts';
import { enterSession, joinByLink } from '../harness/flows.ts';
import { expect, test } from '../harness/test.ts';

test('a removed colleague reads why they stay out, and comes back once the host lets them', async ({
  owner,
  cast,
}) => {
  const colleague = await owner.addUser(EXPERT);
  const session = await owner.createSession('expert');
  const host = await cast.enter({ signedIn: owner });
  await enterSession(host, session.id);
  const removed = await cast.enter({ signedIn: colleague });
  await enterSession(removed, session.id);

  const participants = host.page.getByRole('region', { name: 'Participants', exact: true });
  await participants.getByRole('button', { name: `Remove ${EXPERT.name}` }).click();
  await expect(host.page.getByText('stay out until you let them back in')).toBeVisible();
  await host.page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await expect(removed.heading('You were removed from this session')).toBeVisible();

  // Neither the session's page nor the invitation is a way around it.
  await removed.button('Try again').click();
  await removed.button('Join').click();
  await expect(removed.heading('You were removed from this session')).toBeVisible();
  await removed.page.goto(session.invite.link);
  await removed.page.getByRole('radio', { name: 'I am helping' }).click();
  await removed.button('Continue').click();
  await removed.button('Join').click();
  await expect(removed.heading('You were removed from this session')).toBeVisible();

  await participants.getByRole('button', { name: `Let back in ${EXPERT.name}` }).click();
  await expect(participants.getByRole('button', { name: `Let back in ${EXPERT.name}` })).toHaveCount(0);
  // The tab remembers which devices were chosen, and goes straight in.
  await removed.page.goto(`/sessions/${session.id}`);
  await expect(removed.stage).toBeVisible();
  await expect(participants.getByText(EXPERT.name)).toBeVisible();
});

test('a guest who leaves or turns the camera off is named', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const host = await cast.enter({ signedIn: owner });
  await enterSession(host, session.id);
  await host.button('Stop camera').click();
  const guest = await cast.enter();
  await joinByLink(guest, session.invite.link, { name: GUEST });
  await expect(host.videoOf(GUEST)).toBeVisible();
  await guest.button('Stop camera').click();
  await expect(host.heading(`${GUEST} turned the camera off`)).toBeVisible();
  await guest.button('Leave').click();
  await expect(host.heading(`${GUEST} has left`)).toBeVisible();
});

test('a reload is one line of the history, and the time together goes on', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const host = await cast.enter({ signedIn: owner });
  await enterSession(host, session.id);
  const seconds = async (): Promise<number> => {
    const text = await host.page.getByRole('timer', { name: 'Time together' }).innerText();
    return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  };
  const history = host.page.getByRole('tabpanel', { name: 'History', exact: true });
  await host.page.getByRole('tab', { name: 'History', exact: true }).click();
  await expect(history.getByText(`${OWNER.name} joined by`)).toBeVisible();
  await expect.poll(seconds).toBeGreaterThan(6);
  const before = await seconds();
  await host.page.reload();
  await expect(host.stage).toBeVisible();
  await host.page.getByRole('tab', { name: 'History', exact: true }).click();
  await expect(history.getByText(`${OWNER.name} was gone for a moment`)).toBeVisible();
  expect(await seconds()).toBeGreaterThanOrEqual(before);
  await expect(history.getByText(`${OWNER.name} left`)).toHaveCount(0);

  await host.button('End session for all').click();
  await host.page.getByRole('dialog').getByRole('button', { name: 'End session for all' }).click();
  await expect(host.heading('This session has ended')).toBeVisible();
  await expect(host.page.getByRole('definition').filter({ hasText: OWNER.name })).toBeVisible();
});

test('an invitation that still works is replaced only after a question', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const person = await cast.enter({ signedIn: owner });
  await person.page.goto(`/new?session=${session.id}`);
  const inviteNow = async (): Promise<string> => {
    const { invite } = await owner.get<{ invite: { link: string } }>(`sessions/${session.id}`);
    return invite.link;
  };
  await person.button('New link and code').click();
  await person.button('Cancel').click();
  expect(await inviteNow()).toBe(session.invite.link);
  await person.button('New link and code').click();
  await person.button('Replace').click();
  await expect.poll(inviteNow).not.toBe(session.invite.link);
  await expect(person.page.getByRole('dialog')).toHaveCount(0);
});

test('on a phone the way into a new session is in sight above the navigation', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const person = await cast.enter({ signedIn: owner, isPhone: true });
  await person.page.goto(`/new?session=${session.id}`);
  await expect(person.heading('Your session is ready')).toBeVisible();
  const enter = await person.link('Enter session').boundingBox();
  const navigation = await person.page.getByRole('navigation', { name: 'Main' }).boundingBox();
  if (enter === null || navigation === null) throw new Error('one of them is missing');
  expect(enter.y + enter.height).toBeLessThanOrEqual(navigation.y);
  await person.link('Enter session').click();
  await expect(person.heading('Check camera and microphone')).toBeVisible();
  // There is a way back, too.
  await person.button('Back').click();
  await expect(person.heading('Sessions')).toBeVisible();
});
