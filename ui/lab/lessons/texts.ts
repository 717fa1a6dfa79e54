/** The words of all lessons, by their names: for who shows them. */
import ballooning from './ballooning/text.md';
import eventChannels from './event-channels/text.md';
import hypervisor from './hypervisor/text.md';
import migration from './migration/text.md';
import saveRestore from './save-restore/text.md';
import scheduling from './scheduling/text.md';
import type { LessonText } from './text.ts';
import { readText } from './text.ts';
import xmCreate from './xm-create/text.md';

const FILES = {
  hypervisor,
  'xm-create': xmCreate,
  'event-channels': eventChannels,
  ballooning,
  scheduling,
  'save-restore': saveRestore,
  migration,
};

export const TEXTS: ReadonlyMap<string, LessonText> = new Map(
  Object.entries(FILES).map(([name, text]) => [name, readText(text)]),
);
