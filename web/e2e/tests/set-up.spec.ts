/** First run: the printed address makes the owner, once. */
import { OWNER } from '../harness/api.ts';
import { expect, test } from '../harness/test.ts';

test('the printed address makes the owner, who can sign out and in again', async ({ server, cast }) => {
  const owner = await cast.enter();
  await owner.page.goto(server.setupUrl);
  await owner.field('Organisation').fill(OWNER.organisation);
  await owner.field('Your name').fill(OWNER.name);
  await owner.field('Email').fill(OWNER.email);
  await owner.field('Password').fill(OWNER.password);
  await owner.button('Finish set-up').click();
  await expect(owner.heading(/Hello, Ines/)).toBeVisible();

  await owner.button(/Your account/).click();
  await owner.page.getByRole('menuitem', { name: 'Sign out' }).or(owner.button('Sign out')).click();
  await expect(owner.link('Sign in').or(owner.button('Sign in')).first()).toBeVisible();

  await owner.page.goto('/sign-in');
  await owner.field('Email').fill(OWNER.email);
  await owner.field('Password').fill('not the password at all');
  await owner.button('Sign in').click();
  await expect(owner.page.getByText('Email or password is wrong')).toBeVisible();
  await owner.field('Password').fill(OWNER.password);
  await owner.button('Sign in').click();
  await expect(owner.heading(/Hello, Ines/)).toBeVisible();
});

test('the set-up address works once and not with another token', async ({ server, cast, owner }) => {
  const visitor = await cast.enter();
  await visitor.page.goto(server.setupUrl);
  await expect(visitor.heading('Helpsight is set up')).toBeVisible();
  const again = await owner.send('POST', 'setup', {
    setup_token: server.setupUrl.split('#')[1],
    organisation_name: 'Somebody else',
    name: 'Somebody else',
    email: 'else@example.org',
    password: 'a password of somebody else',
  });
  expect(again.status).toBe(409);
});
