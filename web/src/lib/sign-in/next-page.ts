//! Where to go after signing in: back to the page that asked for it.

/** The path in `?next=`, if it stays on this site; else the start page. */
export function nextPage(search: Pick<URLSearchParams, 'get'>): string {
  const next = search.get('next') ?? '';
  // `//host` and `/\host` would lead to another site.
  return /^\/(?![/\\])/.test(next) ? next : '/';
}

/** The address of the sign-in page that comes back to `path`. */
export function signInAddress(path: string): string {
  return path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`;
}
