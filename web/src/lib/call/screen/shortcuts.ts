//! Keys that work anywhere in a live session, unless the person is writing or a window is open.

export interface ShortcutActions {
  microphone: () => void;
  camera: () => void;
  pointer: () => void;
  escape: () => void;
  list: () => void;
}

export function handleShortcut(event: KeyboardEvent, actions: ShortcutActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
  const { target } = event;
  if (target instanceof Element && target.closest(BUSY_WITH_KEYS)) return;
  const action = ACTIONS[event.key.toLowerCase()];
  if (action === undefined) return;
  event.preventDefault();
  actions[action]();
}

const ACTIONS: Readonly<Record<string, keyof ShortcutActions>> = {
  m: 'microphone',
  v: 'camera',
  p: 'pointer',
  escape: 'escape',
  '?': 'list',
};

const BUSY_WITH_KEYS = 'input, select, textarea, [contenteditable], [role="dialog"], [role="menu"]';
