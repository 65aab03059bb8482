import { expect, test } from 'vitest';

import type { EffectivePolicies, Policies, PolicyLevel } from '#lib/api/schema.ts';
import { originOf } from './policy-book.svelte.ts';

const silent: PolicyLevel = {
  'sessions.guests': null,
  'sessions.code_ttl': null,
  'files.enabled': null,
  'media.path_mode': null,
};
const defaults: EffectivePolicies = {
  'sessions.guests': true,
  'sessions.code_ttl': 604_800,
  'files.enabled': true,
  'media.path_mode': 'automatic',
};

function policies(levels: Partial<Pick<Policies, 'installation' | 'organisation'>>): Policies {
  return { installation: silent, organisation: silent, effective: defaults, defaults, ...levels };
}

test('a policy that nobody set is the default', () => {
  expect(originOf(policies({}), 'sessions.guests')).toBe('default');
});

test('the organisation can set it', () => {
  const organisation = { ...silent, 'sessions.guests': false };
  expect(originOf(policies({ organisation }), 'sessions.guests')).toBe('organisation');
});

test('what the installation forbids stays forbidden', () => {
  const installation = { ...silent, 'files.enabled': false };
  const organisation = { ...silent, 'files.enabled': true };
  expect(originOf(policies({ installation, organisation }), 'files.enabled')).toBe('fixed');
});

test('a way of media that the installation forces cannot be widened', () => {
  const installation: PolicyLevel = { ...silent, 'media.path_mode': 'tcp-443' };
  expect(originOf(policies({ installation }), 'media.path_mode')).toBe('fixed');
});
