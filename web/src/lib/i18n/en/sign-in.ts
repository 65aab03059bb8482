/** Set-up, sign-in, and the welcome page behind a one-time link. */
export const signIn = {
  'sign-in.title': 'Sign in',
  'sign-in.lead': 'Welcome back.',
  'sign-in.lead-organisation': 'Welcome back to {organisation}.',
  'sign-in.submit': 'Sign in',
  'sign-in.forgotten':
    'Forgot your password? An owner or admin of your organisation can send you a new link.',
  'sign-in.join-instead': 'Join with a code instead',

  'setup.title': 'Set up Helpsight',
  'setup.lead': 'Name your organisation and create its first owner. It takes a minute and happens once.',
  'setup.organisation': 'Organisation',
  'setup.organisation-hint': 'Guests see this name when they are invited.',
  'setup.your-name': 'Your name',
  'setup.submit': 'Finish set-up',
  'setup.token-missing-title': 'Open the set-up link',
  'setup.token-missing-text':
    'When Helpsight starts for the first time, it prints an address that ends in a long token. Open that address to set up this installation.',
  'setup.done-title': 'Helpsight is set up',
  'setup.done-text': 'This installation has an owner already. Sign in to go on.',
  'setup.needed-title': 'Helpsight is waiting to be set up',

  'password.change': 'Change password',
  'password.change-text': 'Other browsers in which you are signed in are signed out.',
  'password.current': 'Current password',
  'password.current-wrong': 'This is not your current password.',
  'password.another': 'New password',
  'password.changed-toast': 'Your password is changed',
  'password.new': 'Password',
  'password.hint': {
    one: 'At least {count} character. A few unusual words are strong and easy to keep in mind.',
    other: 'At least {count} characters. A few unusual words are strong and easy to keep in mind.',
  },
  'password.strength': 'Strength',
  'password.too-short': 'Too short',
  'password.weak': 'Easy to guess',
  'password.fair': 'Fair',
  'password.strong': 'Strong',

  'welcome.title': 'Welcome, {name}',
  'welcome.lead': 'Choose a password for your account at {organisation}.',
  'welcome.submit': 'Set password and sign in',
  'welcome.checking': 'Checking your link',
  'welcome.expired-title': 'This link can’t be used any more',
  'welcome.expired-text':
    'Links to set a password work once and for a limited time. Ask an owner or admin of your organisation for a new one.',
} as const;
