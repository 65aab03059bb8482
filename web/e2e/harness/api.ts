/**
 * The product's HTTP API as a test arranges things with it: one instance is one browser, with its
 * own cookies and origin.
 */
import type { Server } from './server.ts';

export type Role = 'owner' | 'admin' | 'expert' | 'member';
export type ParticipantRole = 'assisted' | 'expert' | 'observer';

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
}
export interface Invite {
  readonly code: string;
  readonly link: string;
  readonly expires_at: string;
}
export interface Session {
  readonly id: string;
  readonly state: string;
  readonly invite: Invite | null;
}
export interface Participant {
  readonly id: string;
  readonly role: ParticipantRole;
  readonly name: string | null;
}
export interface RtcToken {
  readonly url: string | null;
  readonly token: string;
}

export const OWNER = {
  organisation: 'Nordlicht Anlagenbau',
  name: 'Ines Carvalho',
  email: 'ines.carvalho@nordlicht.example',
  password: 'correct horse battery staple',
} as const;

export class ApiError extends Error {
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string, what: string) {
    super(`${what}: ${status} ${body}`);
    this.status = status;
    this.body = body;
  }
}

export class Api {
  readonly #origin: string;
  readonly #plainUrl: string;
  readonly #cookies = new Map<string, { value: string; path: string }>();

  constructor(server: Pick<Server, 'url' | 'plainUrl'>) {
    this.#origin = server.url;
    this.#plainUrl = server.plainUrl;
  }

  /** The sign-in's secret, for a browser that is to be signed in without the form. */
  get signInCookie(): string {
    const cookie = this.#cookies.get('helpsight_sign_in');
    if (cookie === undefined) throw new Error('not signed in');
    return cookie.value;
  }

  /** First-run set-up; this browser is then the owner's. */
  async setUp(setupUrl: string): Promise<User> {
    return this.post('setup', {
      setup_token: setupUrl.split('#')[1],
      organisation_name: OWNER.organisation,
      name: OWNER.name,
      email: OWNER.email,
      password: OWNER.password,
    });
  }

  async signIn(email: string, password: string): Promise<{ user: User }> {
    return this.post('sign-ins', { email, password });
  }

  /** Adds a user and redeems the password link with another browser, which is returned. */
  async addUser(user: { name: string; email: string; role: Role; password: string }): Promise<Api> {
    const { password_link } = await this.post<{ password_link: { url: string } }>('users', {
      name: user.name,
      email: user.email,
      role: user.role,
    });
    const other = new Api({ url: this.#origin, plainUrl: this.#plainUrl });
    await other.post('password-links/redemptions', {
      token: password_link.url.split('#')[1],
      password: user.password,
    });
    return other;
  }

  async createSession(role: 'expert' | 'assisted', title?: string): Promise<Session & { invite: Invite }> {
    const { session } = await this.post<{ session: Session }>('sessions', {
      role,
      ...(title === undefined ? {} : { title }),
    });
    if (session.invite === null) throw new Error('a new session has no invite');
    return { ...session, invite: session.invite };
  }

  /** Joins as a guest; the seat's cookie stays in this browser. */
  async joinByCode(code: string, name: string, role: 'assisted' | 'expert'): Promise<{ session_id: string }> {
    return this.post('invites/redemptions', { code, name, role });
  }

  async rtcToken(session: string): Promise<RtcToken> {
    return this.post(`sessions/${session}/rtc-tokens`);
  }

  async get<T>(path: string): Promise<T> {
    return this.#ok<T>('GET', path);
  }

  async post<T>(path: string, body?: unknown): Promise<T> {
    return this.#ok<T>('POST', path, body);
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return this.#ok<T>('PATCH', path, body);
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return this.#ok<T>('PUT', path, body);
  }

  async delete(path: string): Promise<void> {
    await this.#ok('DELETE', path);
  }

  /** The bare answer, whatever its status. */
  async send(method: string, path: string, body?: unknown, headers: HeadersInit = {}): Promise<Response> {
    const url = new URL(`/api/v1/${path}`, this.#plainUrl);
    const all = new Headers(headers);
    if (!all.has('origin')) all.set('origin', this.#origin);
    if (body !== undefined && !all.has('content-type')) all.set('content-type', 'application/json');
    const cookies = this.cookiesFor(url.pathname);
    if (cookies !== '') all.set('cookie', cookies);
    const answer = await fetch(url, {
      method,
      headers: all,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie);
    return answer;
  }

  cookiesFor(path: string): string {
    return [...this.#cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path))
      .map(([name, cookie]) => `${name.split(' ')[0]}=${cookie.value}`)
      .join('; ');
  }

  async #ok<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await this.send(method, path, body);
    const text = await answer.text();
    if (!answer.ok) throw new ApiError(answer.status, text, `${method} ${path}`);
    const value: T = text === '' ? undefined : JSON.parse(text);
    return value;
  }

  #keep(header: string): void {
    const [pair = '', ...attributes] = header.split(';').map((part) => part.trim());
    const [name = '', ...rest] = pair.split('=');
    const path = attributes.find((one) => one.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const isGone = attributes.some((one) => /^max-age=0$/i.test(one));
    const key = path === '/' ? name : `${name} ${path}`;
    if (isGone) this.#cookies.delete(key);
    else this.#cookies.set(key, { value: rest.join('='), path });
  }
}
