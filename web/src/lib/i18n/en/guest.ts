/** The way in for the person who was invited: one decision per screen. */
export const guest = {
  'join.title': 'Join a session',
  'join.lead': 'Enter the nine digits you were given, or paste the link.',
  'join.code': 'Join code',
  'join.code-incomplete': 'A code has nine digits. Check it and try again.',
  'join.submit': 'Join',
  'join.looking-up': 'Finding your session',
  'join.invited-by': '{name} invites you',
  'join.invited': 'You are invited',
  'join.to-organisation': 'to a session with {organisation}',
  'join.as': 'Join as',
  'join.need-help': 'I need help',
  'join.need-help-why': 'Show the problem with your camera.',
  'join.am-helping': 'I am helping',
  'join.am-helping-why': 'See their camera and guide them.',
  'join.your-name': 'Your name',
  'join.your-name-hint': 'Shown to the people in the session.',
  'join.name-missing': 'Tell the others who you are.',
  'join.signed-in-as': 'You join as {name}',
  'join.privacy-title': 'Before the camera starts',
  'join.privacy-text':
    'Next you see your own picture, and nobody else does. Video and sound go to the people in this session only after you press Join.',
  'join.other-device': 'Use your phone instead',
  'join.other-device-text': 'Point the phone’s camera at this code. It opens the same invitation there.',
  'join.other-device-code': 'QR code of this invitation',
  'join.rejoining': 'Taking you back in',

  'refused.other-code': 'Enter another code',
  'refused.not-found-title': 'We can’t find this session',
  'refused.not-found-text':
    'The link or code does not belong to any session. It may be mistyped, or was replaced by a new one. Ask the person who invited you.',
  'refused.expired-title': 'This invitation has expired',
  'refused.expired-text':
    'Links and codes work for a limited time. Ask the person who invited you for a new one; it takes them one click.',
  'refused.ended-title': 'This session has ended',
  'refused.ended-text':
    'Somebody ended it, so nobody can join. If you still need help, ask them to re-open it or to send a new invitation.',
  'refused.full-title': 'This session is full',
  'refused.full-text': 'All places are taken. As soon as somebody leaves you can come in.',
  'refused.used-up-title': 'This invitation is used up',
  'refused.used-up-text':
    'Too many people have joined with it. Ask the person who invited you for a new one; it takes them one click.',
  'refused.guests-title': 'Guests can’t join here',
  'refused.guests-text':
    'This organisation lets only its own people into sessions. Sign in with your account to join.',
  'refused.attempts-title': 'Too many attempts',
  'refused.attempts-text': {
    one: 'To keep codes safe, you have to wait {count} second before the next try.',
    other: 'To keep codes safe, you have to wait {count} seconds before the next try.',
  },
  'refused.attempts-over': 'You can try again.',
  'refused.offline-title': 'No connection',
  'refused.offline-text': 'Your device can’t reach Helpsight. Check Wi-Fi or mobile data, then try again.',
  'refused.trouble-title': 'The server is having trouble',
  'refused.trouble-text': 'It is not your fault. Wait a moment, then try again.',
} as const;
