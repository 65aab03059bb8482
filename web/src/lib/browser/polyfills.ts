//! The few functions that our libraries call and the oldest supported browsers lack. `scripts/baseline.ts`
//! lists them; the check over the built files fails when another one is needed.

/** Adds what is missing to `owner`, as a built-in would be: not enumerable. */
function supply(owner: object, name: string, implementation: unknown): void {
  if (name in owner) return;
  Object.defineProperty(owner, name, { value: implementation, configurable: true, writable: true });
}

/** Chromium 92. */
function at<Item>(this: ArrayLike<Item>, index: number): Item | undefined {
  const whole = Math.trunc(index) || 0;
  return this[whole < 0 ? this.length + whole : whole];
}

/** Chromium 97. */
function findLast<Item>(
  this: ArrayLike<Item>,
  matches: (item: Item | undefined, index: number, list: ArrayLike<Item>) => unknown,
): Item | undefined {
  for (let index = this.length - 1; index >= 0; index -= 1) {
    const item = this[index];
    if (matches(item, index, this)) return item;
  }
  return undefined;
}

/** Chromium 93. */
function hasOwn(owner: object, name: PropertyKey): boolean {
  return Object.prototype.hasOwnProperty.call(owner, name);
}

/** Chromium 92; absent on plain HTTP everywhere. RFC 9562 §5.4: 122 random bits, version 4, variant 10. */
function randomUUID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function supplyMissing(): void {
  supply(Array.prototype, 'at', at);
  supply(String.prototype, 'at', at);
  supply(Array.prototype, 'findLast', findLast);
  supply(Object, 'hasOwn', hasOwn);
  supply(crypto, 'randomUUID', randomUUID);
}
