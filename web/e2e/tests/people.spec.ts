/** Users from the invitation to the last trace of them. */
import { Api } from '../harness/api.ts';
import { EXPERT, MEMBER } from '../harness/data.ts';
import { enterSession } from '../harness/flows.ts';
import { expect, test } from '../harness/test.ts';

test('a user is added, signs in, creates a session, is deleted, and leaves no name behind', async ({
  server,
  owner,
  cast,
}) => {
  const admin = await cast.enter({ signedIn: owner });
  await admin.page.goto('/people');
  await admin.button('Add user').first().click();
  const dialog = admin.page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(EXPERT.name);
  await dialog.getByLabel('Email', { exact: true }).fill(EXPERT.email);
  await dialog.getByLabel('Role', { exact: true }).selectOption('expert');
  await dialog.getByRole('button', { name: 'Add user', exact: true }).click();
  const link = await dialog.getByLabel('Link to set a password').inputValue();

  const expert = await cast.enter();
  await expert.page.goto(link);
  await expect(expert.heading(`Welcome, ${EXPERT.name}`)).toBeVisible();
  await expert.field('Password').fill(EXPERT.password);
  await expert.button('Set password and sign in').click();
  await expect(expert.heading(/Hello, Bruno/)).toBeVisible();
  await expert.link('New session').or(expert.button('New session')).first().click();
  await expert.button('Create session').click();
  await expect(expert.heading('Your session is ready')).toBeVisible();

  await dialog.getByRole('button', { name: 'Done', exact: true }).click();
  await admin.button(`More actions for ${EXPERT.name}`).click();
  await admin.page.getByRole('menuitem', { name: 'Delete user' }).click();
  await admin.page
    .getByRole('alertdialog')
    .or(admin.page.getByRole('dialog'))
    .getByRole('button', { name: 'Delete user', exact: true })
    .click();
  await expect(admin.page.getByText(EXPERT.email)).toBeHidden();

  // The open page is signed out, the password no longer works, and the one-time link is spent.
  await expert.page.goto('/sessions');
  await expect(expert.button('Sign in')).toBeVisible();
  await expert.page.goto('/sign-in');
  await expert.field('Email').fill(EXPERT.email);
  await expert.field('Password').fill(EXPERT.password);
  await expert.button('Sign in').click();
  await expect(expert.page.getByText('Email or password is wrong')).toBeVisible();
  const redeemed = await new Api(server).send('POST', 'password-links/redemptions', {
    token: link.split('#')[1],
    password: EXPERT.password,
  });
  expect(redeemed.status).toBe(410);

  // What they did stays, as somebody's who is no longer here.
  await admin.page.goto('/sessions');
  await admin.page.getByRole('radio', { name: 'Everybody’s' }).or(admin.button('Everybody’s')).click();
  await expect(admin.page.getByText('Deleted user')).toBeVisible();

  await server.stop();
  const files = await server.files();
  expect(files.size).toBeGreaterThan(0);
  for (const [path, bytes] of files) {
    for (const trace of [EXPERT.name, 'Bruno', 'Teixeira', EXPERT.email, 'bruno.teixeira']) {
      expect(bytes.includes(trace), `${trace} in ${path}`).toBe(false);
    }
  }
});

test('the last owner can neither be deleted nor deactivated nor made less', async ({ owner }) => {
  const { items } = await owner.get<{ items: { id: string }[] }>('users');
  const id = items[0]?.id ?? '';
  for (const refused of [
    await owner.send('DELETE', `users/${id}`),
    await owner.send('PATCH', `users/${id}`, { state: 'deactivated' }),
    await owner.send('PATCH', `users/${id}`, { role: 'member' }),
  ]) {
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ type: '/problems/last-owner' });
  }
});

test('a deactivated user is signed out everywhere and comes back when activated', async ({
  server,
  owner,
  cast,
}) => {
  const expert = await owner.addUser(EXPERT);
  const { items } = await owner.get<{ items: { id: string; email: string }[] }>('users');
  const id = items.find(({ email }) => email === EXPERT.email)?.id ?? '';
  const person = await cast.enter({ signedIn: expert });
  await person.page.goto('/sessions');
  await expect(person.heading('Sessions')).toBeVisible();

  await owner.patch(`users/${id}`, { state: 'deactivated' });
  expect(await expert.get('sign-ins/current')).toBeNull();
  expect((await new Api(server).send('POST', 'sign-ins', EXPERT)).status).not.toBe(201);
  await person.page.reload();
  await expect(person.button('Sign in')).toBeVisible();

  await owner.patch(`users/${id}`, { state: 'active' });
  await new Api(server).signIn(EXPERT.email, EXPERT.password);
});

test('who is deactivated in the middle of a call reads why it is over', async ({ owner, cast }) => {
  const expert = await owner.addUser(EXPERT);
  const { items } = await owner.get<{ items: { id: string; email: string }[] }>('users');
  const id = items.find(({ email }) => email === EXPERT.email)?.id ?? '';
  const session = await owner.createSession('expert');
  const person = await cast.enter({ signedIn: expert });
  await expert.post(`sessions/${session.id}/participants`, { role: 'expert' });
  await enterSession(person, session.id);
  // In the middle of it, not on the way in.
  await expect(person.page.getByRole('img', { name: / by UDP$/ })).toBeVisible();
  await owner.patch(`users/${id}`, { state: 'deactivated' });
  await expect(person.heading('Your account is switched off')).toBeVisible();
});

test('everybody changes their own password, and other browsers are signed out', async ({
  server,
  owner,
  cast,
}) => {
  const member = await owner.addUser(MEMBER);
  const elsewhere = new Api(server);
  await elsewhere.signIn(MEMBER.email, MEMBER.password);
  const person = await cast.enter({ signedIn: member });
  await person.page.goto('/sessions');
  await person.button(/Your account$/).click();
  await person.button('Change password').click();
  const dialog = person.page.getByRole('dialog', { name: 'Change password' });
  await dialog.getByLabel('Current password', { exact: true }).fill('a wrong guess');
  await dialog.getByLabel('New password', { exact: true }).fill('another horse entirely');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('This is not your current password.')).toBeVisible();
  await dialog.getByLabel('Current password', { exact: true }).fill(MEMBER.password);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(person.page.getByText('Your password is changed')).toBeVisible();
  await person.page.reload();
  await expect(person.heading('Sessions')).toBeVisible();
  expect((await elsewhere.send('GET', 'sessions')).status).toBe(401);
  await new Api(server).signIn(MEMBER.email, 'another horse entirely');
});

test('an expert can see no people and change none', async ({ owner }) => {
  const expert = await owner.addUser(EXPERT);
  expect((await expert.send('GET', 'users')).status).toBe(403);
  const added = await expert.send('POST', 'users', { name: 'X', email: 'x@example.org', role: 'owner' });
  expect(added.status).toBe(403);
});

test('signing out in one tab ends the session in the other, with a way back', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const person = await cast.enter({ signedIn: owner });
  await person.page.goto(`/sessions/${session.id}`);
  await person.button('Join').click();
  await expect(person.stage).toBeVisible();
  await person.page.request.delete('/api/v1/sign-ins/current', {
    headers: { origin: new URL(person.page.url()).origin },
  });
  await expect(person.heading('You signed out')).toBeVisible();
  await person.link('Sign in').click();
  await expect(person.field('Email')).toBeVisible();
  await expect(person.page).toHaveURL(/next=%2Fsessions%2F/);
});

test('an empty field is explained in the page itself, in its language', async ({ owner, cast }) => {
  const admin = await cast.enter({ signedIn: owner });
  await admin.page.goto('/people');
  await admin.button('Add user').first().click();
  const dialog = admin.page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Add user', exact: true }).click();
  const name = dialog.getByLabel('Name', { exact: true });
  await expect(name).toBeFocused();
  await expect(name).toHaveAccessibleDescription('Fill this in.');
  await name.fill(EXPERT.name);
  await expect(name).toHaveAccessibleDescription('');
});
