import { expect, test } from 'vitest';
import { addReport, figuresBetween, noCounters, qualityOf } from './quality.ts';

test('loss is counted between two readings, not since the beginning', () => {
  const before = { ...noCounters, packetsReceived: 1000, packetsLost: 500 };
  const after = { ...noCounters, packetsReceived: 1990, packetsLost: 510 };
  expect(figuresBetween(before, after).loss).toBeCloseTo(0.01);
});

test('the worse direction counts', () => {
  const after = { ...noCounters, packetsReceived: 100, lossReported: 0.2 };
  expect(figuresBetween(null, after).loss).toBe(0.2);
});

test('counters that were set back by a new connection are no loss', () => {
  const before = { ...noCounters, packetsReceived: 1000, packetsLost: 10 };
  expect(figuresBetween(before, { ...noCounters, packetsReceived: 5 }).loss).toBe(0);
});

test('nothing received yet is not weak', () => {
  expect(qualityOf(figuresBetween(null, noCounters))).toBe('good');
});

test.each([
  [0, 20, 'good'],
  [0.03, 20, 'fair'],
  [0, 350, 'fair'],
  [0.1, 20, 'weak'],
  [0, 900, 'weak'],
  [0, null, 'good'],
] as const)('a loss of %d with a round trip of %s ms is %s', (loss, roundTripMs, expected) => {
  expect(qualityOf({ loss, roundTripMs })).toBe(expected);
});

test('reports of all tracks add up', () => {
  const report = new Map<string, Record<string, unknown>>([
    ['a', { type: 'inbound-rtp', packetsReceived: 10, packetsLost: 1 }],
    ['b', { type: 'inbound-rtp', packetsReceived: 5, packetsLost: 2 }],
    ['c', { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.05 }],
    ['d', { type: 'candidate-pair', nominated: false, currentRoundTripTime: 9 }],
    ['e', { type: 'remote-inbound-rtp', fractionLost: 0.25 }],
  ]);
  expect(addReport(noCounters, report)).toEqual({
    packetsReceived: 15,
    packetsLost: 3,
    lossReported: 0.25,
    roundTripMs: 50,
  });
});
