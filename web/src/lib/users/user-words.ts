import type { UserRole, UserState } from '#lib/api/schema.ts';
import { t } from '#lib/i18n/i18n.ts';

/** From the most to the least that a person may do. */
export const userRoles: readonly UserRole[] = ['owner', 'admin', 'expert', 'member'];

export function roleName(role: UserRole): string {
  const names = {
    owner: t('role.owner'),
    admin: t('role.admin'),
    expert: t('role.expert'),
    member: t('role.member'),
  };
  return names[role];
}

export function roleExplanation(role: UserRole): string {
  const explanations = {
    owner: t('users.role-owner-why'),
    admin: t('users.role-admin-why'),
    expert: t('users.role-expert-why'),
    member: t('users.role-member-why'),
  };
  return explanations[role];
}

export function stateName(state: UserState): string {
  const names = {
    invited: t('users.state-invited'),
    active: t('users.state-active'),
    deactivated: t('users.state-deactivated'),
  };
  return names[state];
}
