//! SvelteKit's announcer of page changes says the title that a page came with, and goes on saying it to whoever
//! reads on from there, while the page's own title has long become another.

/** Takes back what was announced; screen readers have read it out by then. */
export function silence(): void {
  // Svelte keeps the text node and fills it at the next change of pages.
  for (const node of document.getElementById('svelte-announcer')?.childNodes ?? []) {
    if (node.nodeType === Node.TEXT_NODE) node.nodeValue = '';
  }
}
