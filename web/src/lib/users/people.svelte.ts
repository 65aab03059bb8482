//! The people of the organisation, all of them: the list is searched in the browser, and who the only owner
//! is can only be said by somebody who knows everybody.

import { api } from '#lib/api/api.ts';
import type { AddUser, ChangeUser, PasswordLink, User, UserRole } from '#lib/api/schema.ts';

export class People {
  users = $state.raw<readonly User[]>([]);
  isLoading = $state(true);
  error = $state.raw<unknown>(null);
  query = $state('');

  readonly found = $derived(this.users.filter((user) => matches(user, this.query)));
  readonly #activeOwners = $derived(
    this.users.filter((user) => user.role === 'owner' && user.state !== 'deactivated'),
  );

  async load(): Promise<void> {
    this.isLoading = true;
    this.error = null;
    try {
      this.users = await readAll();
    } catch (error) {
      this.error = error;
    }
    this.isLoading = false;
  }

  /** Without this user nobody could manage the organisation. */
  isOnlyOwner(user: User): boolean {
    return this.#activeOwners.length === 1 && this.#activeOwners[0]?.id === user.id;
  }

  async add(body: AddUser, idempotencyKey: string): Promise<{ user: User; link: PasswordLink }> {
    const { user, password_link: link } = await api.post('/users', { body, idempotencyKey });
    this.users = [...this.users, user];
    return { user, link };
  }

  async change(user: User, body: ChangeUser): Promise<void> {
    this.#replace(await api.patch('/users/{id}', { path: { id: user.id }, body }));
  }

  async remove(user: User): Promise<void> {
    await api.delete('/users/{id}', { path: { id: user.id } });
    this.users = this.users.filter((other) => other.id !== user.id);
  }

  newPasswordLink(user: User): Promise<PasswordLink> {
    return api.post('/users/{id}/password-links', { path: { id: user.id } });
  }

  #replace(changed: User): void {
    this.users = this.users.map((user) => (user.id === changed.id ? changed : user));
  }
}

/** Owners make and unmake owners; an admin manages everybody else. */
export function mayManage(actor: User, user: User): boolean {
  return actor.role === 'owner' || user.role !== 'owner';
}

export function assignableRoles(actor: User, roles: readonly UserRole[]): UserRole[] {
  return roles.filter((role) => actor.role === 'owner' || role !== 'owner');
}

/** Whether name or e-mail contains `query`, without regard to case and accents. */
export function matches(user: Pick<User, 'name' | 'email'>, query: string): boolean {
  return fold(`${user.name} ${user.email}`).includes(fold(query.trim()));
}

function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

async function readAll(): Promise<User[]> {
  const users: User[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: User[]; next_cursor: string | null } = await api.get('/users', {
      query: { cursor, limit: PAGE_LIMIT },
    });
    users.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return users;
}

const PAGE_LIMIT = 100;
