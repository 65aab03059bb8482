import { expect, test } from 'vitest';
import { chooseStage, type Seen } from './stage.ts';

test('the assisted is on the stage of the expert', () => {
  expect(chooseStage([you('expert'), other('par_2', 'expert'), other('par_3', 'assisted')], null)).toBe(
    'par_3',
  );
});

test('the assisted sees the own camera on the stage', () => {
  expect(chooseStage([other('par_2', 'expert'), you('assisted')], null)).toBe('par_you');
});

test('two assisted people each see their own', () => {
  expect(chooseStage([other('par_2', 'assisted'), you('assisted')], null)).toBe('par_you');
});

test('without an assisted camera the first other picture is on the stage', () => {
  const people = [
    you('expert'),
    { ...other('par_2', 'assisted'), hasPicture: false },
    other('par_3', 'expert'),
  ];
  expect(chooseStage(people, null)).toBe('par_3');
});

test('the own picture alone leaves the stage to the waiting screen of an expert', () => {
  expect(chooseStage([you('expert')], null)).toBeNull();
});

test('a choice by hand wins while it has a picture', () => {
  const people = [you('expert'), other('par_2', 'assisted'), other('par_3', 'expert')];
  expect(chooseStage(people, 'par_3')).toBe('par_3');
  const stopped = people.map((person) => (person.id === 'par_3' ? { ...person, hasPicture: false } : person));
  expect(chooseStage(stopped, 'par_3')).toBe('par_2');
});

function you(role: Seen['role']): Seen {
  return { id: 'par_you', role, isYou: true, hasPicture: true };
}

function other(id: string, role: Seen['role']): Seen {
  return { id, role, isYou: false, hasPicture: true };
}
