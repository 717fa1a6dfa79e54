/** What was typed before, oldest first. */

const MAX_HISTORY = 200;

export const history: string[] = [];

export function remember(text: string): void {
  if (text.trim() == '' || (history.length > 0 && history[history.length - 1] == text)) return;
  history.push(text);
  if (history.length > MAX_HISTORY) history.shift();
}

/** The newest line before place `from` that has `wanted` in it: its place; -1: there is none. */
export function searchBack(wanted: string, from: i32): i32 {
  for (let n = min(from, history.length) - 1; n >= 0; n--) if (history[n].includes(wanted)) return n;
  return -1;
}
