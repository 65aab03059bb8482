/** LiveKit's client for browsers in a page of Firefox. */
import type { ClientPage } from '../browser-page.ts';
import { CLIENT_PATH, clientScript } from '../browser-page.ts';
import { participate, type Heard, type InPage } from '../browser-participant.ts';
import { keep } from '../offers.ts';
import type { Order } from '../participant.ts';
import type { FirefoxPerson } from './firefox.ts';

export class FirefoxPage implements ClientPage {
  readonly #person: FirefoxPerson;
  readonly #url: string;

  constructor(person: FirefoxPerson, url: string) {
    this.#person = person;
    this.#url = url;
  }

  async start(hear: (heard: Heard) => void, joining: InPage): Promise<void> {
    const { page } = this.#person;
    await page.exposeFunction('tell', hear);
    await page.goto(new URL(CLIENT_PATH, this.#url).href);
    await page.evaluate(await clientScript());
    await page.evaluate(participate, joining);
  }

  async obey(order: Order): Promise<string | null> {
    return this.#person.page.evaluate((given) => window.obey(given), order);
  }

  async leave(): Promise<void> {
    // Its signalling is encrypted: nobody can read along on the way.
    const descriptions = await this.#person.page.evaluate(() =>
      window.probe.peers.flatMap(({ localDescription }) =>
        localDescription === null ? [] : [{ type: localDescription.type, sdp: localDescription.sdp }],
      ),
    );
    const label = `firefox-${descriptions.length > 1 ? 'dual' : 'single'}`;
    for (const description of descriptions) await keep(label, description);
    await this.#person.page.evaluate(() => window.leaveRoom());
  }
}
