//! Keeps a scrolling element at its end while it grows, until the reader scrolls away; scrolling back to the end
//! takes it up again. Where the reader was outlives that the element is hidden for a while.

/** An attachment for the scrolling element. What grows is its first child. */
export function followEnd(element: HTMLElement): () => void {
  let isAtEnd = true;
  let top = 0;

  const settle = () => {
    if (isHidden(element)) return;
    element.scrollTop = isAtEnd ? element.scrollHeight : top;
    top = element.scrollTop;
  };
  const remember = () => {
    if (isHidden(element)) return;
    const isUpwards = element.scrollTop < top;
    top = element.scrollTop;
    // Away from the end is only who went up: what was added meanwhile may not be settled yet.
    if (element.scrollHeight - element.clientHeight - top <= SLACK_PX) isAtEnd = true;
    else if (isUpwards) isAtEnd = false;
  };

  const observer = new ResizeObserver(settle);
  observer.observe(element);
  if (element.firstElementChild) observer.observe(element.firstElementChild);
  element.addEventListener('scroll', remember, { passive: true });
  return () => {
    observer.disconnect();
    element.removeEventListener('scroll', remember);
  };
}

function isHidden(element: HTMLElement): boolean {
  return element.clientHeight === 0;
}

/** Fractions of pixels and a touch of the finger are not yet scrolling away. */
const SLACK_PX = 24;
