/** LiveKit's client in Firefox and the same in Chromium: what one does, the other one sees, hears and reads. */
import { GUEST } from '../../harness/data.ts';
import { BrowserParticipant } from '../browser-participant.ts';
import { expect, test as base, tokenOf } from '../cast.ts';
import { CAMERA } from '../commands.ts';
import { expectAll } from '../exchange.ts';
import { FirefoxPage } from './firefox-page.ts';
import { FIREFOX_TONE_HZ, FirefoxPerson } from './firefox.ts';
import { SERVER_HOST } from './place.ts';

const CHROMIUM_TONE_HZ = 1_320;

const test = base.extend<{ firefox: FirefoxPerson }>({
  firefox: async ({ server }, use) => {
    const person = await FirefoxPerson.enter(server);
    try {
      await use(person);
    } finally {
      await person.leave();
    }
    expect(person.complaints, 'what the page complained about').toEqual([]);
  },
});
test.use({ place: SERVER_HOST });

for (const isDual of [false, true]) {
  const ways = isDual ? ' with two connections' : '';
  test(`a client in Firefox${ways} and one in Chromium have all of each other`, async ({
    server,
    owner,
    foreign,
    firefox,
  }) => {
    const { invite } = await owner.createSession('expert');
    const grants = { canUpdateOwnMetadata: true };
    const two = await foreign('browser', invite, { name: 'Two', toneHz: CHROMIUM_TONE_HZ, grants });
    const one = await BrowserParticipant.join(new FirefoxPage(firefox, server.url), CAMERA, {
      url: server.url.replace(/^http/, 'ws'),
      token: await tokenOf(server, invite?.code ?? '', GUEST, grants),
      isDual,
    });
    await expect.poll(() => one.of('published').length).toBe(1);
    // Firefox's made-up camera counts nothing.
    await expectAll({ from: one, to: two, fromHz: FIREFOX_TONE_HZ, decodes: true, isCounted: false });
    await expectAll({ from: two, to: one, fromHz: CHROMIUM_TONE_HZ, decodes: true });
    await one.leave();
    await expect.poll(() => two.last('left')).toMatchObject({ from: one.identity });
  });
}
