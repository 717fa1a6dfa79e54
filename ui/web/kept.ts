/** What the browser keeps for the next visit: signals whose values outlive a reload. */
import { effect, signal } from '@preact/signals';
import type { Signal } from '@preact/signals';

/** `isValid`: others may have written there, or an older page. */
export function kept<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `xenoscope.${name}`;
  const value = signal(read(key, initial, isValid));
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // No storage, or it is full: it lives as long as the page.
    }
  });
  return value;
}

function read<T>(key: string, initial: T, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : initial;
  } catch {
    // Not ours, or no storage.
    return initial;
  }
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
