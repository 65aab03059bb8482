import { call } from './call.ts';
import { common } from './common.ts';
import { guest } from './guest.ts';
import { problems } from './problems.ts';
import { sessions } from './sessions.ts';
import { signIn } from './sign-in.ts';
import { users } from './users.ts';

export const en = { ...common, ...problems, ...signIn, ...sessions, ...guest, ...users, ...call } as const;
