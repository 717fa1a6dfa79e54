/** The words of all lessons, by their names: for who shows them. */
import type { LessonText } from './text.ts';
import { readText } from './text.ts';
import xmCreate from './xm-create/text.md';

export const TEXTS: ReadonlyMap<string, LessonText> = new Map(
  Object.entries({ 'xm-create': xmCreate }).map(([name, text]) => [name, readText(text)]),
);
