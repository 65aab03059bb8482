import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import type { PreprocessorGroup } from 'svelte/compiler';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

import { baseline } from './scripts/baseline.ts';

/** The server that `npm run dev` and `npm run preview` pass API and media requests on to. */
const server = process.env['HELPSIGHT_DEV_SERVER'] ?? 'http://127.0.0.1:8080';

const proxy = {
  '/api': { target: server, ws: true },
  '/rtc': { target: server, ws: true },
};

const BASE = [
  ...[
    'api/',
    'browser/',
    'i18n/format',
    'i18n/i18n',
    'i18n/locale',
    'i18n/message',
    'installation/',
    'problems/',
  ],
  ...[
    'invites/CodeForm',
    'invites/IdentityForm',
    'invites/join-code',
    'invites/joining',
    'invites/kept-guest',
  ],
  ...['shell/FocusPage', 'shell/Waiting', 'sign-in/next-page', 'sign-in/viewer', 'theme'],
  ...[
    'avatar',
    'clipboard',
    'toasts',
    'Avatar',
    'Button',
    'ChoiceCards',
    'CopyField',
    'Field',
    'Logo',
    'Notice',
  ]
    .concat(['Spinner', 'StateSymbol', 'Toaster'])
    .map((name) => `ui/${name}`),
];

/**
 * SvelteKit hides its announcer of page changes by a `style` attribute, which our content security policy
 * refuses; `base.css` hides it instead.
 */
const withoutInlineStyle: PreprocessorGroup = {
  name: 'without-inline-style',
  markup({ content, filename }) {
    if (!filename?.endsWith('runtime/components/root.svelte')) return undefined;
    return { code: content.replace(/\bstyle="[^"]*"/, '') };
  },
};

/**
 * SvelteKit's client reads at its start what the page says about itself (version, asset address). In the
 * `base` chunk it would start too early, so nothing in there may import it.
 */
const baseWithoutSvelteKit: Plugin = {
  name: 'base-without-sveltekit',
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk' || chunk.name !== 'base') continue;
      const intruder = chunk.moduleIds.find((module) => module.includes('@sveltejs/kit/src/runtime'));
      if (intruder) this.error(`the base chunk must not contain ${intruder}`);
    }
  },
};

export default defineConfig({
  plugins: [
    baseWithoutSvelteKit,
    sveltekit({
      adapter: adapter({ fallback: 'index.html', precompress: true }),
      compilerOptions: { runes: true },
      preprocess: withoutInlineStyle,
      version: { name: inputDigest(), pollInterval: 0 },
    }),
  ],
  build: {
    target: baseline.buildTargets,
    cssTarget: baseline.buildTargets,
    // Inlined pictures would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    rolldownOptions: {
      output: {
        // What every page needs travels in one file: forty small ones cost a phone more in round trips.
        codeSplitting: { groups: [{ name: 'base', test: isInBase }] },
      },
    },
  },
  server: { proxy },
  preview: { proxy },
  test: { include: ['src/**/*.test.ts', 'scripts/**/*.test.ts'] },
});

/** The parts of our own that the first page of every visitor uses, and what they stand on. */
function isInBase(module: string): boolean {
  return BASE.some((part) => module.includes(`/src/lib/${part}`));
}

/**
 * Names a build by what it is made of, packages included: the same inputs give the same bytes, and pages find
 * out by the name that the server has become another.
 */
function inputDigest(): string {
  const digest = createHash('sha256');
  const files = ['src', 'static']
    .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .concat('package-lock.json', 'scripts/baseline.ts', 'vite.config.ts')
    .sort();
  for (const file of files) digest.update(file).update(readFileSync(file));
  return digest.digest('hex').slice(0, 16);
}
