//! The organisation's policies: what each level says, what holds, and changing it. The switches show what
//! the server answered last, so that a refused change falls back by itself.

import { api } from '#lib/api/api.ts';
import type { EffectivePolicies, PathMode, Policies, PolicyValue } from '#lib/api/schema.ts';
import type { PlainMessageKey } from '#lib/i18n/i18n.ts';

export type PolicyName = keyof EffectivePolicies;

export const pathModeWords: Record<PathMode, PlainMessageKey> = {
  automatic: 'policies.path-mode-automatic',
  'no-relay': 'policies.path-mode-no-relay',
  'tcp-443': 'policies.path-mode-tcp-443',
  relay: 'policies.path-mode-relay',
};

/** Where the value that holds comes from. `fixed`: the installation forbids, and that can't be undone here. */
export type PolicyOrigin = 'default' | 'organisation' | 'fixed';

export class PolicyBook {
  policies = $state.raw<Policies | null>(null);
  error = $state.raw<unknown>(null);

  async load(): Promise<void> {
    this.error = null;
    try {
      this.policies = await api.get('/policies');
    } catch (error) {
      this.error = error;
    }
  }

  /** Null goes back to the level above. */
  async set(name: PolicyName, value: PolicyValue | null): Promise<void> {
    this.policies = await api.put('/policies/{name}', { path: { name }, body: { value } });
  }
}

export function originOf(policies: Policies, name: PolicyName): PolicyOrigin {
  const said = policies.installation[name];
  if (said === false || (name === 'media.path_mode' && said !== null && said !== 'automatic')) return 'fixed';
  return policies.organisation[name] === null ? 'default' : 'organisation';
}
