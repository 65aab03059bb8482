//! Names what stands between a person and their camera or microphone.
//!
//! Browsers report the same cause under several names; the words and the next step shown to the person
//! depend on the cause alone.

export type DeviceKind = 'camera' | 'microphone';

export type DeviceProblem =
  /** The person or a policy of the browser said no; only the browser's settings can undo it. */
  | 'denied'
  /** The browser may use it, but the operating system does not let the browser. */
  | 'denied-by-system'
  /** The question was closed without an answer: asking again works. */
  | 'dismissed'
  /** Another program holds the device, or the driver failed. */
  | 'in-use'
  | 'not-found'
  /** The page did not come over https. */
  | 'insecure'
  | 'unsupported'
  | 'failed';

export interface Surroundings {
  isSecure: boolean;
  hasDevices: boolean;
}

/** What to say when the browser gives a page no devices at all, before anything was asked. */
export function problemBeforeAsking({ isSecure, hasDevices }: Surroundings): DeviceProblem | null {
  if (!isSecure) return 'insecure';
  return hasDevices ? null : 'unsupported';
}

/** What a rejected `getUserMedia` means. */
export function problemOf(error: unknown): DeviceProblem {
  if (!(error instanceof Error)) return 'failed';
  switch (error.name) {
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      if (/system/i.test(error.message)) return 'denied-by-system';
      return /dismiss/i.test(error.message) ? 'dismissed' : 'denied';
    case 'NotFoundError':
    case 'DevicesNotFoundError':
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return 'not-found';
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'in-use';
    case 'SecurityError':
      return 'insecure';
    case 'NotSupportedError':
    case 'TypeError':
      return 'unsupported';
    default:
      return 'failed';
  }
}

/** Whose settings the help for a denied device has to describe. */
export type Browser =
  'chrome' | 'chrome-android' | 'edge' | 'firefox' | 'firefox-android' | 'safari' | 'safari-ios' | 'other';

export function browserOf(userAgent: string): Browser {
  const isAndroid = /Android/.test(userAgent);
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'safari-ios';
  if (/Firefox\//.test(userAgent)) return isAndroid ? 'firefox-android' : 'firefox';
  if (/Edg\//.test(userAgent)) return 'edge';
  if (/Chrom(e|ium)\//.test(userAgent)) return isAndroid ? 'chrome-android' : 'chrome';
  if (/Safari\//.test(userAgent)) return 'safari';
  return 'other';
}
