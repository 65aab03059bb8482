/** The browser's Back button on the way in and in a live session. */
import { GUEST } from '../harness/data.ts';
import { joinByLink } from '../harness/flows.ts';
import type { Person } from '../harness/person.ts';
import { expect, test } from '../harness/test.ts';

async function goBack(person: Person): Promise<void> {
  await person.page.evaluate(() => window.history.back());
}

test('back from the device preview is back to the form, and on again', async ({ owner, cast }) => {
  const session = await owner.createSession('expert');
  const guest = await cast.enter({ isPhone: true });
  await guest.page.goto(session.invite.link);
  await guest.field('Your name').fill(GUEST);
  for (const back of [() => goBack(guest), () => guest.button('Back').click()]) {
    await guest.button('Continue').click();
    await expect(guest.heading('Check camera and microphone')).toBeVisible();
    await back();
    await expect(guest.field('Your name')).toHaveValue(GUEST);
    await expect(guest.heading('Check camera and microphone')).toBeHidden();
  }
  await guest.button('Continue').click();
  await expect(guest.heading('Check camera and microphone')).toBeVisible();
  await guest.button('Join').click();
  await expect(guest.stage).toBeVisible();
});

test('back in a live session closes what is open, then asks, and only then leaves', async ({
  owner,
  cast,
}) => {
  const session = await owner.createSession('expert');
  const guest = await cast.enter({ isPhone: true });
  await joinByLink(guest, session.invite.link, { name: GUEST });
  await expect(guest.page).toHaveURL(/\/sessions\//);
  const url = guest.page.url();
  const question = guest.page.getByRole('dialog', { name: 'Leave this session?' });

  await guest.page.getByRole('button', { name: /^Participants/ }).click();
  await expect(guest.page.getByRole('dialog')).toBeVisible();
  await goBack(guest);
  await expect(guest.page.getByRole('dialog')).toBeHidden();
  await expect(guest.page).toHaveURL(url);

  await goBack(guest);
  await expect(question).toBeVisible();
  await expect(guest.page).toHaveURL(url);
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await expect(guest.stage).toBeVisible();

  await goBack(guest);
  await question.getByRole('button', { name: 'Leave' }).click();
  await expect(guest.heading('You have left')).toBeVisible();
  await guest.button('Rejoin').click();
  await expect(guest.heading('Check camera and microphone')).toBeVisible();
});
