import { expect, test, vi } from 'vitest';
import type { SessionEvent } from '#lib/api/schema.ts';

import { lineInWords, linesOf } from './history.ts';

// The words of a page that is not there: which language it speaks is the browser's.
vi.mock('#lib/i18n/i18n.ts', async () => {
  const { en } = await import('#lib/i18n/en/catalogue.ts');
  const { formatMessage } = await import('#lib/i18n/message.ts');
  type Parameters = Readonly<Record<string, string | number>>;
  return { t: (key: keyof typeof en, given: Parameters = {}) => formatMessage(en[key], given, 'en') };
});

const ANN = 'par_ann';
const BEN = 'par_ben';

test('a coming and the path by which it is are one line', () => {
  expect(words([joined(ANN, 0), joined(BEN, 1), path(ANN, 2)])).toEqual(['Ann joined by UDP', 'Ben joined']);
});

test('a reload is one line, at the time of the return', () => {
  const events = [joined(ANN, 0), path(ANN, 1), left(ANN, 100, 'left'), joined(ANN, 103), path(ANN, 104)];
  expect(words(events)).toEqual(['Ann joined by UDP', 'Ann was gone for a moment, and is back by UDP']);
  expect(linesOf(logOf(events)).map(({ event }) => event.seq)).toEqual([1, 4]);
});

test('everybody who was thrown out by a restart has one line', () => {
  const restart = [left(ANN, 9, 'server_restarted'), left(BEN, 9, 'server_restarted')];
  const back = [joined(BEN, 12), joined(ANN, 13)];
  expect(words([joined(ANN, 0), joined(BEN, 1), ...restart, ...back])).toEqual([
    'Ann joined',
    'Ben joined',
    'Ben was gone for a moment',
    'Ann was gone for a moment',
  ]);
});

test('who comes back after a while, or after a removal, came anew', () => {
  expect(words([left(ANN, 0, 'left'), joined(ANN, 60)])).toEqual(['Ann left', 'Ann joined']);
  expect(words([left(ANN, 0, 'removed'), joined(ANN, 2)])).toEqual(['Ann was removed', 'Ann joined']);
});

test('a later change of the path is told', () => {
  const events = [joined(ANN, 0), path(ANN, 1), path(ANN, 300)];
  expect(words(events)).toEqual(['Ann joined by UDP', 'Ann is connected by UDP']);
});

function words(events: readonly Loose[]): string[] {
  return linesOf(logOf(events)).map((line) => lineInWords(line, (id) => (id === ANN ? 'Ann' : 'Ben')));
}

function logOf(events: readonly Loose[]): SessionEvent[] {
  return events.map((event, index) => ({ ...event, seq: index + 1, id: `evt_${index}` }));
}

type Loose = DistributiveOmit<SessionEvent, 'seq' | 'id'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function at(second: number): string {
  return new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1_000).toISOString();
}

function joined(id: string, second: number): Loose {
  return { at: at(second), kind: 'participant_joined', participant_id: id, data: { role: 'expert' } };
}

function left(id: string, second: number, reason: 'left' | 'removed' | 'server_restarted'): Loose {
  return { at: at(second), kind: 'participant_left', participant_id: id, data: { reason } };
}

function path(id: string, second: number): Loose {
  return { at: at(second), kind: 'path_changed', participant_id: id, data: { path: 'udp' } };
}
