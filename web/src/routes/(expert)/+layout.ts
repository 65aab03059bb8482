import { requireSignIn } from '#lib/sign-in/require-sign-in.ts';

export { requireSignIn as load };
