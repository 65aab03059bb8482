/**
 * What holds for every screen, in light and dark, on a desk and on a phone: accessible to WCAG 2.2 AA,
 * without hard-coded text, within the content security policy (teardown looks at the console).
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { AxeResults } from 'axe-core';

import { Api, OWNER } from '../harness/api.ts';
import { EXPERT, GUEST, MEMBER, OTHER_GUEST, TITLE } from '../harness/data.ts';
import { DESKTOP, PHONE, type Person } from '../harness/person.ts';
import { expect, test, type Cast } from '../harness/test.ts';
import type { Server } from '../harness/server.ts';

interface Scene {
  readonly name: string;
  /** Ends with a person who looks at the screen. `query` is to be part of the first address opened. */
  readonly show: (stagehand: Stagehand) => Promise<Person>;
}

interface Stagehand {
  readonly server: Server;
  readonly cast: Cast;
  readonly owner: () => Promise<Api>;
  readonly query: string;
}

async function ownerAt({ cast, owner, query }: Stagehand, path: string): Promise<Person> {
  const person = await cast.enter({ signedIn: await owner() });
  await person.page.goto(`${path}${query}`);
  return person;
}

async function visitorAt({ cast, query }: Stagehand, url: string): Promise<Person> {
  const [path = '', fragment] = url.split('#');
  const person = await cast.enter();
  await person.page.goto(`${path}${query}${fragment === undefined ? '' : `#${fragment}`}`);
  return person;
}

const LONG_TITLE = 'Pump'.repeat(30);

const SCENES: readonly Scene[] = [
  { name: 'set-up', show: (hand) => visitorAt(hand, hand.server.setupUrl) },
  { name: 'waiting for set-up', show: (hand) => visitorAt(hand, '/') },
  {
    name: 'home of a visitor',
    show: async (hand) => {
      await hand.owner();
      return visitorAt(hand, '/');
    },
  },
  {
    name: 'sign-in',
    show: async (hand) => {
      await hand.owner();
      return visitorAt(hand, '/sign-in');
    },
  },
  {
    name: 'welcome',
    show: async (hand) => {
      const added = await (
        await hand.owner()
      ).post<{ password_link: { url: string } }>('users', {
        name: EXPERT.name,
        email: EXPERT.email,
        role: EXPERT.role,
      });
      return visitorAt(hand, added.password_link.url);
    },
  },
  {
    name: 'home of a user',
    show: async (hand) => {
      await (await hand.owner()).createSession('expert', TITLE);
      return ownerAt(hand, '/');
    },
  },
  { name: 'new session', show: (hand) => ownerAt(hand, '/new') },
  {
    name: 'sessions',
    show: async (hand) => {
      const owner = await hand.owner();
      await owner.createSession('expert', TITLE);
      await owner.createSession('assisted');
      return ownerAt(hand, '/sessions');
    },
  },
  {
    name: 'people',
    show: async (hand) => {
      const owner = await hand.owner();
      await owner.addUser(EXPERT);
      await owner.addUser(MEMBER);
      const { items } = await owner.get<{ items: { id: string; email: string }[] }>('users');
      const member = items.find(({ email }) => email === MEMBER.email);
      await owner.patch(`users/${member?.id}`, { state: 'deactivated' });
      return ownerAt(hand, '/people');
    },
  },
  {
    name: 'people: adding one',
    show: async (hand) => {
      const person = await ownerAt(hand, '/people');
      await person.page.getByRole('main').getByRole('button').first().click();
      await expect(person.page.getByRole('dialog')).toBeVisible();
      return person;
    },
  },
  { name: 'policies', show: (hand) => ownerAt(hand, '/policies') },
  {
    name: 'join by code',
    show: async (hand) => {
      await hand.owner();
      return visitorAt(hand, '/join');
    },
  },
  {
    name: 'join by link',
    show: async (hand) =>
      visitorAt(hand, (await (await hand.owner()).createSession('expert', TITLE)).invite.link),
  },
  {
    name: 'join by link, on another device',
    show: async (hand) => {
      const { invite } = await (await hand.owner()).createSession('expert', TITLE);
      const person = await visitorAt(hand, invite.link);
      await person.page.locator('summary').click();
      await expect(person.page.locator('details').getByRole('img')).toBeVisible();
      return person;
    },
  },
  {
    name: 'join by link to a long title without a space',
    show: async (hand) =>
      visitorAt(hand, (await (await hand.owner()).createSession('expert', LONG_TITLE)).invite.link),
  },
  {
    name: 'join: not found',
    show: async (hand) => {
      await hand.owner();
      return visitorAt(hand, '/join#AAAAAAAAAAAAAAAAAAAAAA');
    },
  },
  {
    name: 'join: a link that was cut off',
    show: async (hand) => {
      await hand.owner();
      const person = await visitorAt(hand, '/join#zzzz');
      // A form for a code would not say what is wrong.
      await expect(person.page.getByRole('textbox')).toHaveCount(0);
      return person;
    },
  },
  {
    name: 'live session of the expert',
    show: async (hand) => {
      const owner = await hand.owner();
      const session = await owner.createSession('expert', TITLE);
      const person = await ownerAt(hand, `/sessions/${session.id}`);
      await expect(person.page.locator('video').first()).toBeVisible();
      await person.page.getByRole('button', { name: /^(Join|⟦Ĵöîñ·*⟧)$/ }).click();
      await expect(person.page.getByRole('timer')).toBeVisible();
      return person;
    },
  },
  {
    name: 'live session with its invitation',
    show: async (hand) => {
      const owner = await hand.owner();
      const session = await owner.createSession('expert', TITLE);
      const person = await ownerAt(hand, `/sessions/${session.id}`);
      await person.page.getByRole('button', { name: /^(Join|⟦Ĵöîñ·*⟧)$/ }).click();
      await expect(person.page.getByRole('timer')).toBeVisible();
      await person.page
        .getByRole('button', { name: /^(Invite|⟦Îñṽîţé·*⟧)$/ })
        .first()
        .click();
      await expect(person.page.getByRole('dialog')).toBeVisible();
      return person;
    },
  },
  {
    name: 'ended session',
    show: async (hand) => {
      const owner = await hand.owner();
      const session = await owner.createSession('expert', TITLE);
      await owner.post(`sessions/${session.id}/end`);
      return ownerAt(hand, `/sessions/${session.id}`);
    },
  },
  { name: 'nothing here', show: (hand) => visitorAt(hand, '/no/such/page') },
];

/** Words of people, not of the product. */
const DATA = [
  ...[OWNER.organisation, OWNER.name, OWNER.email, TITLE, LONG_TITLE, GUEST, OTHER_GUEST],
  ...[EXPERT.name, EXPERT.email, MEMBER.name, MEMBER.email],
  ...[OWNER, EXPERT, MEMBER].map(({ name }) => initials(name)),
];

function initials(name: string): string {
  return name.replace(/(\p{L})\p{L}*\s*/gu, '$1');
}

for (const scene of SCENES) {
  test(`${scene.name}: accessible in light and dark, on a desk and on a phone`, async ({ server, cast }) => {
    const person = await scene.show({ server, cast, owner: onlyOnce(server), query: '' });
    await settle(person);
    for (const viewport of [DESKTOP, PHONE]) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await person.page.setViewportSize(viewport);
        await person.page.emulateMedia({ colorScheme });
        // The page hears of it a moment later and then draws itself anew.
        await expect(person.page.locator('html')).toHaveAttribute('data-theme', colorScheme);
        await settle(person);
        const violations = await axe(person);
        expect.soft(violations, `${colorScheme}, ${viewport.width} px wide`).toEqual([]);
        const overflow = await person.page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect.soft(overflow, `scrolls sideways at ${viewport.width} px`).toBeLessThanOrEqual(0);
      }
    }
  });

  test(`${scene.name}: all text comes from the catalogues`, async ({ server, cast }) => {
    const person = await scene.show({ server, cast, owner: onlyOnce(server), query: '?locale=pseudo' });
    await settle(person);
    expect(await hardCodedText(person)).toEqual([]);
  });
}

function onlyOnce(server: Server): () => Promise<Api> {
  let owner: Promise<Api> | undefined;
  return () => {
    owner ??= (async () => {
      const api = new Api(server);
      await api.setUp(server.setupUrl);
      return api;
    })();
    return owner;
  };
}

/** The screen has its heading and nothing on it is still being fetched. */
async function settle(person: Person): Promise<void> {
  await expect(person.page.getByRole('heading').or(person.page.getByRole('region')).first()).toBeVisible();
  await expect(person.page.locator('[aria-busy="true"]')).toHaveCount(0);
  await person.page.evaluate(async () => {
    await document.fonts.ready;
    for (;;) {
      await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      const ending = document
        .getAnimations()
        .filter(({ effect }) => effect?.getTiming().iterations !== Infinity);
      if (ending.length === 0) return;
      await Promise.allSettled(ending.map(({ finished }) => finished));
    }
  });
}

/** What is wrong with the screen. */
async function axe(person: Person): Promise<string[]> {
  const source = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
  await person.page.evaluate(source);
  const { violations } = await person.page.evaluate<AxeResults>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary ?? ''}`),
  );
}

/**
 * Texts and names with letters outside of the pseudo-locale's brackets that are neither people's own
 * words nor the browser's (it says "now" for a time that has just been).
 */
async function hardCodedText(person: Person): Promise<string[]> {
  const texts = await person.page.evaluate(() => {
    const found = [document.title];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent === null || parent.closest('script, style, noscript, time, [hidden]')) continue;
      found.push(node.textContent ?? '');
    }
    for (const element of document.body.querySelectorAll('*')) {
      if (element.closest('noscript, [hidden]')) continue;
      for (const name of [
        'aria-label',
        'aria-description',
        'aria-roledescription',
        'alt',
        'title',
        'placeholder',
      ]) {
        found.push(element.getAttribute(name) ?? '');
      }
    }
    return found;
  });
  return texts
    .map((text) => DATA.reduce((rest, datum) => rest.replaceAll(datum, ''), text.replaceAll(/⟦[^⟧]*⟧/g, '')))
    .map((text) => text.replaceAll(/https?:\/\/\S+|127\.0\.0\.1\S*|\bnow\b/g, '').trim())
    .filter((text) => /\p{L}{2,}/u.test(text));
}
