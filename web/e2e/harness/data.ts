/** People and words that tests enter: told apart from everything that the product itself says. */

export const EXPERT = {
  name: 'Bruno Teixeira',
  email: 'bruno.teixeira@nordlicht.example',
  password: 'a ladder in the blue hall',
  role: 'expert',
} as const;

export const MEMBER = {
  name: 'Wanda Kowalska',
  email: 'wanda.kowalska@nordlicht.example',
  password: 'seven pumps under the roof',
  role: 'member',
} as const;

export const GUEST = 'Gustav Lindqvist';
export const OTHER_GUEST = 'Olga Petrova';
export const TITLE = 'Pump 7 leaks';

/** A tone for each, far enough apart to be told from one another and from their overtones. */
export const TONE_HZ = { expert: 440, guest: 1_000, other: 1_620 } as const;
