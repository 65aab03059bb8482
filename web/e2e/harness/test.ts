/**
 * Playwright's `test` with what every test of the product has: a server of its own (fresh data, free
 * ports) and people who enter and are shown out.
 *
 * When a test ends the server must still run or have stopped on request, nothing may have panicked,
 * and no page may have complained.
 */
import { writeFile } from 'node:fs/promises';

import { test as base, expect, type TestInfo } from '@playwright/test';

import { Api } from './api.ts';
import { Person, type PersonOptions } from './person.ts';
import { Server, type Place, type Settings } from './server.ts';

export interface Cast {
  /** A new browser. */
  enter(options?: PersonOptions): Promise<Person>;
}

interface Fixtures {
  settings: Settings;
  /** Further flags of `helpsight serve`. */
  flags: readonly string[];
  /** Where the server is, if not on the loopback address. */
  place: Place | undefined;
  server: Server;
  /** The owner's API after first-run set-up. */
  owner: Api;
  cast: Cast;
}

export const test = base.extend<Fixtures>({
  settings: [{}, { option: true }],
  flags: [[], { option: true }],

  place: [undefined, { option: true }],

  server: async ({ settings, place, flags }, use, testInfo) => {
    const server = await Server.start(settings, place, flags);
    try {
      await use(server);
    } finally {
      await server.stop();
      if (failed(testInfo)) await attach(testInfo, 'server.log', server.log);
      await server.dispose();
    }
    expect(server.log, 'the server must not panic').not.toMatch(/panicked at/);
  },

  owner: async ({ server }, use) => {
    const owner = new Api(server);
    await owner.setUp(server.setupUrl);
    await use(owner);
  },

  cast: async ({ server }, use, testInfo) => {
    const people: Person[] = [];
    const cast: Cast = {
      enter: async (options) => {
        const person = await Person.enter(server, options);
        people.push(person);
        return person;
      },
    };
    try {
      await use(cast);
    } finally {
      for (const [index, person] of people.entries()) {
        if (failed(testInfo)) await attachPage(testInfo, person, index);
        await person.leave();
      }
    }
    for (const person of people) expect(person.complaints, 'what the page complained about').toEqual([]);
  },
});

export { expect };

function failed(testInfo: TestInfo): boolean {
  return testInfo.status !== testInfo.expectedStatus;
}

async function attachPage(testInfo: TestInfo, person: Person, index: number): Promise<void> {
  const name = `person-${index + 1}`;
  const picture = await person.page.screenshot().catch(() => undefined);
  if (picture) await attach(testInfo, `${name}.png`, picture);
  const tree = await person.page
    .locator('body')
    .ariaSnapshot()
    .catch(() => '');
  const text = [person.page.url(), ...person.complaints, tree].join('\n');
  await attach(testInfo, `${name}.txt`, text);
}

/** As a file in the test's folder of results, where somebody without the report finds it. */
async function attach(testInfo: TestInfo, name: string, content: string | Buffer): Promise<void> {
  const path = testInfo.outputPath(name);
  await writeFile(path, content);
  await testInfo.attach(name, { path });
}
