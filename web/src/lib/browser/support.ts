//! Whether this browser can make a call here, found out by its features. The user agent is only asked for
//! what no feature tells: which app a small built-in browser belongs to.

export type Verdict = 'supported' | 'too-old' | 'insecure' | 'in-app';

interface Surroundings {
  userAgent: string;
  isSecure: boolean;
  hasPeerConnection: boolean;
  hasCamera: boolean;
}

export function judgeBrowser(surroundings: Surroundings = lookAround()): Verdict {
  if (!surroundings.isSecure) return 'insecure';
  if (isInApp(surroundings.userAgent)) return 'in-app';
  return surroundings.hasPeerConnection && surroundings.hasCamera ? 'supported' : 'too-old';
}

export function isAppleMobile(userAgent: string = navigator.userAgent): boolean {
  return /iPhone|iPad|iPod/.test(userAgent);
}

/** Messengers, social networks and mail apps that show links in a browser of their own. */
function isInApp(userAgent: string): boolean {
  if (IN_APP_NAMES.test(userAgent)) return true;
  const isAndroidWebView = /Android/.test(userAgent) && /; wv\)/.test(userAgent);
  // On iOS every real browser names itself after WebKit; a bare WebView does not.
  const isAppleWebView =
    isAppleMobile(userAgent) && /AppleWebKit/.test(userAgent) && !/Safari|CriOS|FxiOS|EdgiOS/.test(userAgent);
  return isAndroidWebView || isAppleWebView;
}

function lookAround(): Surroundings {
  return {
    userAgent: navigator.userAgent,
    isSecure: window.isSecureContext,
    hasPeerConnection: 'RTCPeerConnection' in window,
    hasCamera: 'mediaDevices' in navigator && 'getUserMedia' in navigator.mediaDevices,
  };
}

const IN_APP_NAMES =
  /FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|Snapchat|LinkedInApp|Twitter|TikTok|musical_ly|Slack|Viber|GSA\//;
