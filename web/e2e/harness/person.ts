/**
 * One person of a test: a browser of their own (camera and microphone are flags of the whole browser)
 * with one page.
 *
 * What the page complains about is kept: errors that nobody caught, console errors, refusals of the
 * content security policy, requests to foreign hosts. `complaints` must be empty when a test ends.
 */
import {
  chromium,
  expect,
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  type Locator,
  type Page,
} from '@playwright/test';

import type { Api } from './api.ts';
import type { Camera } from './clip.ts';
import { Screenshot, type Area } from './pixels.ts';
import { installProbe } from './probe.ts';
import type { Server } from './server.ts';

/** Debian's. */
export const CHROMIUM = process.env['HELPSIGHT_E2E_CHROMIUM'] ?? '/usr/bin/chromium';

export const DESKTOP = { width: 1280, height: 800 } as const;
export const PHONE = { width: 390, height: 844 } as const;

export interface PersonOptions {
  /** Without one, a camera that Chromium draws itself. */
  readonly camera?: Camera;
  /** A WAV file. Without one, Chromium's own beeps. */
  readonly microphone?: string;
  /** What the browser's permission bar would have been answered. */
  readonly allow?: readonly ('camera' | 'microphone')[];
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly devicePixelRatio?: number;
  readonly isPhone?: boolean;
  readonly colorScheme?: 'light' | 'dark';
  readonly locale?: string;
  /** Further flags of Chromium. */
  readonly flags?: readonly string[];
  /** A browser that is signed in already. */
  readonly signedIn?: Api;
  /** By which URL it finds the server, if not by the server's own. */
  readonly url?: string;
  /** What runs the browser, if not Debian's executable as it is. */
  readonly executable?: string;
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--allow-loopback-in-peer-connection',
  '--autoplay-policy=no-user-gesture-required',
];

export class Person {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[] = [];
  readonly #browser: Browser;
  readonly #devicePixelRatio: number;

  private constructor(options: {
    browser: Browser;
    context: BrowserContext;
    page: Page;
    devicePixelRatio: number;
  }) {
    this.#browser = options.browser;
    this.context = options.context;
    this.page = options.page;
    this.#devicePixelRatio = options.devicePixelRatio;
  }

  static async enter(server: Pick<Server, 'url'>, options: PersonOptions = {}): Promise<Person> {
    const { url = server.url } = options;
    const devicePixelRatio = options.devicePixelRatio ?? 1;
    const allow = options.allow ?? ['camera', 'microphone'];
    const browser = await chromium.launch({
      executablePath: options.executable ?? CHROMIUM,
      args: [
        ...FLAGS,
        ...(options.flags ?? []),
        ...(allow.length === 2 ? ['--use-fake-ui-for-media-stream'] : []),
        ...(options.camera ? [`--use-file-for-fake-video-capture=${options.camera.file}`] : []),
        ...(options.microphone ? [`--use-file-for-fake-audio-capture=${options.microphone}`] : []),
      ],
    });
    const context = await browser.newContext({
      baseURL: url,
      // The certificate that the server makes for itself.
      ignoreHTTPSErrors: true,
      viewport: options.viewport ?? (options.isPhone ? PHONE : DESKTOP),
      deviceScaleFactor: devicePixelRatio,
      isMobile: options.isPhone ?? false,
      hasTouch: options.isPhone ?? false,
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce',
      locale: options.locale ?? 'en-GB',
    });
    if (allow.length < 2) await context.grantPermissions([...allow], { origin: url });
    await context.addInitScript(installProbe);
    if (options.signedIn) {
      await context.addCookies([
        {
          name: 'helpsight_sign_in',
          value: options.signedIn.signInCookie,
          url,
          httpOnly: true,
          sameSite: 'Lax',
        },
      ]);
    }
    const page = await context.newPage();
    const person = new Person({ browser, context, page, devicePixelRatio });
    person.#listen(url);
    return person;
  }

  async leave(): Promise<void> {
    await this.#browser.close();
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  link(name: string | RegExp): Locator {
    return this.page.getByRole('link', { name, exact: true });
  }

  field(name: string | RegExp): Locator {
    return this.page.getByLabel(name, { exact: true });
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name, exact: true });
  }

  get stage(): Locator {
    return this.page.getByRole('region', { name: 'Stage', exact: true });
  }

  /** The big picture. */
  get stageVideo(): Locator {
    return this.stage.locator('video');
  }

  /** The picture of somebody else by name, wherever it is. */
  videoOf(name: string): Locator {
    return this.page.getByLabel(`Video of ${name}`, { exact: true });
  }

  /** The self-view. */
  get ownVideo(): Locator {
    return this.page.getByLabel('Your video', { exact: true });
  }

  /** Where the stage is on the page. */
  async stageArea(): Promise<Area> {
    const area = await this.stage.boundingBox();
    if (area === null) throw new Error('no stage');
    return area;
  }

  /** The tool to point with is in hand. */
  async takePointer(): Promise<void> {
    const pointer = this.button('Pointer');
    await expect(pointer).toBeVisible();
    if ((await pointer.getAttribute('aria-pressed')) !== 'true') await pointer.click();
    await expect(pointer).toHaveAttribute('aria-pressed', 'true');
  }

  async screenshot(): Promise<Screenshot> {
    return new Screenshot(
      await this.page.screenshot({ scale: 'device', caret: 'hide' }),
      this.#devicePixelRatio,
    );
  }

  #listen(origin: string): void {
    this.page.on('pageerror', (error) =>
      this.complaints.push(`error nobody caught: ${error.stack ?? error.message}`),
    );
    this.page.on('console', (message) => {
      if (message.type() !== 'error' || isRefusalByApi(message)) return;
      this.complaints.push(`console: ${message.text()} (${message.location().url})`);
    });
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      const isForeign = url.protocol.startsWith('http') && url.origin !== origin;
      if (isForeign) this.complaints.push(`request to a foreign host: ${url.origin}`);
    });
  }

  /** Takes back complaints that a test has provoked. */
  forgive(expected: RegExp): void {
    for (let at = this.complaints.length - 1; at >= 0; at -= 1) {
      if (expected.test(this.complaints[at] ?? '')) this.complaints.splice(at, 1);
    }
  }
}

/** The browser logs every 4xx; from the API these are answers that the screens put into words. */
function isRefusalByApi(message: ConsoleMessage): boolean {
  const isRefusal = /Failed to load resource: the server responded with a status of 4\d\d/.test(
    message.text(),
  );
  return isRefusal && new URL(message.location().url).pathname.startsWith('/api/v1/');
}
