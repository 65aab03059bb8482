//! Times in the reader's language and time zone.

import { regionTag } from './i18n.ts';

/** A day and a time: `23 Nov 2026, 14:05`. */
export function formatMoment(at: string): string {
  return new Intl.DateTimeFormat(regionTag(), { dateStyle: 'medium', timeStyle: 'short' }).format(
    new Date(at),
  );
}

/** How long ago, in the largest unit that says something: `5 minutes ago`, `yesterday`. */
export function formatAgo(at: string, now: Date = new Date()): string {
  const seconds = (new Date(at).getTime() - now.getTime()) / 1000;
  const relative = new Intl.RelativeTimeFormat(regionTag(), { numeric: 'auto' });
  for (const [unit, length] of UNITS) {
    if (Math.abs(seconds) >= length) return relative.format(Math.round(seconds / length), unit);
  }
  return relative.format(0, 'second');
}

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** A span of time in whole minutes: `1 h 5 min`. */
export function formatDuration(milliseconds: number): string {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  const unit = (unit: 'hour' | 'minute') =>
    new Intl.NumberFormat(regionTag(), { style: 'unit', unit, unitDisplay: 'short' });
  const hours = Math.floor(minutes / 60);
  const rest = unit('minute').format(minutes % 60);
  return hours === 0 ? rest : `${unit('hour').format(hours)} ${rest}`;
}
