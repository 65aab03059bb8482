/**
 * One person of a test in Firefox: a browser of their own with one page, driven by puppeteer over
 * WebDriver BiDi, since Playwright drives only a Firefox of its own making.
 *
 * Camera and microphone are the ones that Firefox makes up: a picture whose colour changes with every
 * frame, and a tone. Firefox makes no WebRTC connection on the loopback address.
 */
import { launch, type Browser, type Page } from 'puppeteer-core';

import type { Api } from '../../harness/api.ts';
import { DESKTOP } from '../../harness/person.ts';
import { counterOf } from '../../harness/picture.ts';
import { installProbe, type Frame } from '../../harness/probe.ts';
import type { Server } from '../../harness/server.ts';

/** Debian's. */
const FIREFOX = process.env['HELPSIGHT_E2E_FIREFOX'] ?? '/usr/bin/firefox-esr';
const PATIENCE_MS = 30_000;
/** Longer than a beep's pause. */
const LISTEN_MS = 1_500;
/** Firefox's made-up microphone. */
export const FIREFOX_TONE_HZ = 1_000;

const PREFERENCES = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'intl.accept_languages': 'en-GB',
  'ui.prefersReducedMotion': 1,
};

export class FirefoxPerson {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.page = page;
  }

  static async enter(server: Server, options: { signedIn?: Api } = {}): Promise<FirefoxPerson> {
    const browser = await launch({
      browser: 'firefox',
      executablePath: FIREFOX,
      acceptInsecureCerts: true,
      defaultViewport: DESKTOP,
      extraPrefsFirefox: PREFERENCES,
    });
    try {
      if (options.signedIn) {
        await browser.setCookie({
          name: 'helpsight_sign_in',
          value: options.signedIn.signInCookie,
          domain: new URL(server.url).hostname,
          path: '/',
          httpOnly: true,
          secure: true,
          sameSite: 'Lax',
        });
      }
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.evaluateOnNewDocument(installProbe);
      const person = new FirefoxPerson(browser, page);
      page.on('pageerror', (error) => person.complaints.push(`error nobody caught: ${String(error)}`));
      page.on('console', (message) => {
        if (message.type() === 'error') person.complaints.push(`console: ${message.text()}`);
      });
      return person;
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  async leave(): Promise<void> {
    await this.#browser.close();
  }

  async click(role: 'button' | 'radio', name: string): Promise<void> {
    await this.page.locator(`::-p-aria([role="${role}"][name="${name}"])`).click();
  }

  async fill(name: string, text: string): Promise<void> {
    await this.page.locator(`::-p-aria([role="textbox"][name="${name}"])`).fill(text);
  }

  async see(role: string, name: string): Promise<void> {
    await this.page.locator(`::-p-aria([role="${role}"][name="${name}"])`).wait();
  }

  /** Something without text or size, by its label. */
  async seeLabelled(label: string): Promise<void> {
    await this.page.waitForSelector(`[aria-label="${label}"]`);
  }

  videoOf(name: string): FirefoxVideo {
    return new FirefoxVideo(this.page, `Video of ${name}`);
  }

  get ownVideo(): FirefoxVideo {
    return new FirefoxVideo(this.page, 'Your video');
  }

  /** How loud (dBFS) a frequency is at its loudest in a second and a half of the received sound. */
  async loudness(frequencyHz: number): Promise<number> {
    return this.page.evaluate(recordedLoudness, frequencyHz, LISTEN_MS);
  }
}

/**
 * Runs in the page. An `AudioContext` stands still on a machine without a sound card, so the sound is
 * recorded and the recording looked at (Goertzel's algorithm over Hann windows).
 */
async function recordedLoudness(frequencyHz: number, listenMs: number): Promise<number> {
  const tracks = window.probe.peers
    .flatMap((peer) => peer.getReceivers())
    .flatMap(({ track }) =>
      track.kind === 'audio' && track.readyState === 'live' && !track.muted ? [track] : [],
    );
  if (tracks.length === 0) return -Infinity;
  const levels = tracks.map(async (track) => {
    const recorder = new MediaRecorder(new MediaStream([track]));
    const chunks: Blob[] = [];
    recorder.ondataavailable = ({ data }) => chunks.push(data);
    const stopped = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start();
    setTimeout(() => recorder.stop(), listenMs);
    await stopped;
    const bytes = await new Blob(chunks).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes);
    const samples = sound.getChannelData(0);
    const size = 8192;
    let loudest = 0;
    for (let start = 0; start + size <= samples.length; start += size / 2) {
      const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / sound.sampleRate);
      let before = 0;
      let last = 0;
      for (let at = 0; at < size; at += 1) {
        const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / size);
        [before, last] = [last, (samples[start + at] ?? 0) * hann + coefficient * last - before];
      }
      loudest = Math.max(loudest, before ** 2 + last ** 2 - coefficient * before * last);
    }
    return 20 * Math.log10(Math.sqrt(loudest) / (size / 4) + 1e-10);
  });
  return Math.max(...(await Promise.all(levels)));
}

/** A `<video>` by its label. */
export class FirefoxVideo {
  readonly #page: Page;
  readonly #selector: string;

  constructor(page: Page, label: string) {
    this.#page = page;
    this.#selector = `video[aria-label="${label}"]:not([hidden])`;
  }

  /** Starts (once) to read the counter, once the video is there. */
  async watch(panel: Parameters<Window['probe']['watch']>[1]): Promise<void> {
    const video = await this.#page.waitForSelector(this.#selector);
    await video?.evaluate((element, wanted) => window.probe.watch(element, wanted), panel);
  }

  async frames(): Promise<Frame[]> {
    const video = await this.#page.$(this.#selector);
    const shown = await video?.evaluate((element) => [...window.probe.shown(element)]);
    return (shown ?? []).flatMap(({ atMs, cells }) => {
      const counter = counterOf(cells);
      return counter === null ? [] : [{ atMs, counter }];
    });
  }
}
