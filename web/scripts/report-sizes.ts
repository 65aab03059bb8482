//! Prints what the first load of the join page costs a guest, in gzip bytes. Run after `npm run build`.
//!
//! Counted is what a browser fetches before the code field can be used: the HTML, the entry scripts, the root
//! layout, the page, all that they import statically with their styles, and one language. Not counted: what
//! comes later (camera preview, live session). Fails above `JOIN_PAGE_MAX_BYTES`.

import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}

/** A budget that fits 3G: two seconds at 400 kbit/s. */
const JOIN_PAGE_MAX_BYTES = 100_000;

const web = new URL('../', import.meta.url);
const manifest: Record<string, Chunk> = JSON.parse(
  read('.svelte-kit/output/client/.vite/manifest.json').toString(),
);

const files = new Set<string>();
for (const module of [
  ...entries(),
  nodeOf('src/routes/+layout.svelte'),
  nodeOf('src/routes/(guest)/join/+page.svelte'),
  'src/lib/i18n/en/catalogue.ts',
]) {
  collect(module);
}

let total = report('index.html');
for (const file of [...files].sort()) total += report(file);
for (const font of readdirSync(new URL('build/_app/immutable/assets', web))) {
  if (font.endsWith('.woff2')) total += report(`_app/immutable/assets/${font}`);
}
console.log(`${String(total).padStart(8)}  join page, first load (budget ${JOIN_PAGE_MAX_BYTES})`);
if (total > JOIN_PAGE_MAX_BYTES) process.exitCode = 1;

function entries(): string[] {
  return Object.keys(manifest).filter((module) =>
    /client-optimized\/app\.js$|client\/(entry|payload)\.js$/.test(module),
  );
}

/** SvelteKit wraps each page and layout in a numbered module; this finds the one around `component`. */
function nodeOf(component: string): string {
  const node = Object.keys(manifest).find(
    (module) =>
      /client-optimized\/nodes\//.test(module) && read(module).toString().includes(`/${component}"`),
  );
  if (!node) throw new Error(`the build has no page ${component}`);
  return node;
}

function collect(module: string): void {
  const chunk = manifest[module];
  if (!chunk || files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const imported of chunk.imports ?? []) collect(imported);
}

function report(file: string): number {
  const source = read(`build/${file}`);
  // Fonts are compressed by themselves.
  const bytes = file.endsWith('.woff2') ? source.length : gzipSync(source, { level: 9 }).length;
  console.log(`${String(bytes).padStart(8)}  ${basename(file)}`);
  return bytes;
}

function read(path: string): Buffer {
  return readFileSync(new URL(path, web));
}
