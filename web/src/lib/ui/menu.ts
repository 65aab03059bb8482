import type { Component } from 'svelte';

export interface MenuEntry {
  label: string;
  icon: Component;
  onselect: () => void;
  isDanger?: boolean;
  /** Draws a line above. */
  startsGroup?: boolean;
}
