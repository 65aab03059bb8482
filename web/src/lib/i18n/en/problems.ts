/** What went wrong, for every kind of refusal, in words that say what to do next. */
export const problems = {
  'problem.invalid-json': 'The server did not understand this request. Load the page again and retry.',
  'problem.invalid-input': 'Some of this can’t be accepted. Check the fields and try again.',
  'problem.body-too-large': 'That is too much text. Shorten it and try again.',
  'problem.not-signed-in': 'You are signed out. Sign in again to go on.',
  'problem.wrong-credentials': 'Email or password is wrong. Check both and try again.',
  'problem.forbidden': 'Your role does not allow this. Ask an owner or admin of your organisation.',
  'problem.cross-origin-refused':
    'This page was opened at another address than the server expects. Use the address your organisation gave you.',
  'problem.method-not-allowed': 'The server did not understand this request. Load the page again and retry.',
  'problem.not-found': 'This is no longer here. Somebody may have deleted it.',
  'problem.upgrade-required':
    'Something between you and the server blocks live connections. Try another network.',
  'problem.user-deactivated': 'This account is deactivated. Activate it first.',
  'problem.email-taken': 'Somebody in your organisation has this email already.',
  'problem.last-owner': 'Every organisation needs an owner. Make somebody else owner first.',
  'problem.already-set-up': 'Helpsight is set up already. Sign in instead.',
  'problem.setup-token-wrong':
    'This set-up link is not valid. Open the address that Helpsight printed when it started.',
  'problem.link-expired': 'This link was used or has expired. Ask an owner or admin for a new one.',
  'problem.idempotency-key-reused': 'This was sent already with other content. Load the page again.',
  'problem.too-many-attempts': {
    one: 'Too many attempts. Wait {count} second, then try again.',
    other: 'Too many attempts. Wait {count} seconds, then try again.',
  },
  'problem.too-many-attempts-minutes': {
    one: 'Too many attempts. Wait {count} minute, then try again.',
    other: 'Too many attempts. Wait {count} minutes, then try again.',
  },
  'problem.invite-not-found': 'No session has this code. Check the digits and try again.',
  'problem.invite-expired': 'This invitation has expired. Ask for a new one.',
  'problem.invite-used-up': 'Too many people have used this invitation. Ask for a new one.',
  'problem.session-ended': 'This session has ended.',
  'problem.session-full': 'This session is full.',
  'problem.guests-not-allowed': 'This organisation does not allow guests. Sign in to join.',
  'problem.seat-needed': 'This browser is not part of the session. Join with the link or the code.',
  'problem.unknown-policy': 'This server does not know that policy. Load the page again.',
  'problem.unavailable': 'The server is busy or restarting. Try again in a moment.',
  'problem.internal': 'The server had a problem of its own. Try again in a moment.',
  'problem.unreachable': 'No connection to the server. Check your network and try again.',
  'problem.unexpected': 'Something unexpected went wrong. Try again in a moment.',

  'field.required': 'Fill this in.',
  'field.too-long': 'This is too long.',
  'field.too-short': 'This is too short.',
  'field.out-of-range': 'This is out of range.',
  'field.invalid': 'This is not valid.',
  'field.not-allowed': 'This is not allowed here.',
  'field.password-short': {
    one: 'Use at least {count} character.',
    other: 'Use at least {count} characters.',
  },
} as const;
