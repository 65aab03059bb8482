import type { Catalogue } from '../i18n.ts';
import { call } from './call.ts';
import { common } from './common.ts';
import { guest } from './guest.ts';
import { problems } from './problems.ts';
import { sessions } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { users } from './users.ts';

export const pt = {
  ...common,
  ...problems,
  ...signIn,
  ...sessions,
  ...guest,
  ...users,
  ...call,
} satisfies Catalogue;
