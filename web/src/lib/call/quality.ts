//! Judges a connection from what the browser counted between two looks.
//!
//! The words shown to people are `good`, `fair` and `weak`; the numbers behind them follow ITU-T G.114 for
//! delay (beyond 400 ms a conversation suffers) and the loss at which speech and VP8 visibly degrade.

export type Quality = 'good' | 'fair' | 'weak';

/** Counters since the start of a connection. */
export interface LinkCounters {
  packetsReceived: number;
  packetsLost: number;
  /** Share of our own packets that the other end missed, 0..1, as it last reported. */
  lossReported: number;
  roundTripMs: number | null;
}

export interface LinkFigures {
  /** Share of packets lost in the worse direction, 0..1. */
  loss: number;
  roundTripMs: number | null;
}

/** What happened between two readings. A counter that was set back starts again. */
export function figuresBetween(before: LinkCounters | null, after: LinkCounters): LinkFigures {
  const received = after.packetsReceived - (before?.packetsReceived ?? 0);
  const lost = Math.max(0, after.packetsLost - (before?.packetsLost ?? 0));
  const expected = received + lost;
  const lossReceived = received < 0 || expected <= 0 ? 0 : lost / expected;
  return { loss: Math.max(lossReceived, after.lossReported), roundTripMs: after.roundTripMs };
}

export function qualityOf({ loss, roundTripMs }: LinkFigures): Quality {
  const delay = roundTripMs ?? 0;
  if (loss >= 0.08 || delay >= 800) return 'weak';
  if (loss >= 0.02 || delay >= 300) return 'fair';
  return 'good';
}

/** Adds one track's report, as `RTCRtpSender.getStats` or `RTCRtpReceiver.getStats` give it. */
export function addReport(counters: LinkCounters, report: RTCStatsReport): LinkCounters {
  const sum = { ...counters };
  report.forEach((entry: Record<string, unknown>) => {
    switch (entry['type']) {
      case 'inbound-rtp':
        sum.packetsReceived += numberOf(entry['packetsReceived']);
        sum.packetsLost += numberOf(entry['packetsLost']);
        break;
      case 'remote-inbound-rtp':
        sum.lossReported = Math.max(sum.lossReported, numberOf(entry['fractionLost']));
        break;
      case 'candidate-pair': {
        const seconds = entry['currentRoundTripTime'];
        if (entry['nominated'] === true && typeof seconds === 'number') sum.roundTripMs = seconds * 1000;
        break;
      }
    }
  });
  return sum;
}

export const noCounters: LinkCounters = {
  packetsReceived: 0,
  packetsLost: 0,
  lossReported: 0,
  roundTripMs: null,
};

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
