//! Chooses whose picture is big.
//!
//! Everybody looks at what the assisted shows: with an assisted participant's camera it is on the stage for
//! all, for the assisted itself its own. Without one, the first other participant's. A person may put another
//! picture on their own stage; that choice ends when its camera does.

import type { ParticipantRole } from '#lib/api/schema.ts';

/** A participant who may have a picture, in the order in which they joined. */
export interface Seen {
  id: string;
  role: ParticipantRole;
  isYou: boolean;
  hasPicture: boolean;
}

export function chooseStage(people: readonly Seen[], chosen: string | null): string | null {
  const shown = people.filter((person) => person.hasPicture);
  const byHand = shown.find((person) => person.id === chosen);
  if (byHand) return byHand.id;
  const assisted = shown.filter((person) => person.role === 'assisted');
  const onStage =
    assisted.find((person) => person.isYou) ?? assisted[0] ?? shown.find((person) => !person.isYou);
  return onStage?.id ?? null;
}
