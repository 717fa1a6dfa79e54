/** The words of all lessons, by their names: for who shows them. */
import ballooning from './ballooning/text.md';
import eventChannels from './event-channels/text.md';
import firstKernel from './first-kernel/text.md';
import grants from './grants/text.md';
import hypervisor from './hypervisor/text.md';
import migration from './migration/text.md';
import pageFaults from './page-faults/text.md';
import pageTables from './page-tables/text.md';
import rings from './rings/text.md';
import saveRestore from './save-restore/text.md';
import scheduling from './scheduling/text.md';
import type { LessonText } from './text.ts';
import { readText } from './text.ts';
import xmCreate from './xm-create/text.md';

const FILES = {
  hypervisor,
  'first-kernel': firstKernel,
  'page-tables': pageTables,
  'page-faults': pageFaults,
  'xm-create': xmCreate,
  'event-channels': eventChannels,
  grants,
  rings,
  ballooning,
  scheduling,
  'save-restore': saveRestore,
  migration,
};

export const TEXTS: ReadonlyMap<string, LessonText> = new Map(
  Object.entries(FILES).map(([name, text]) => [name, readText(text)]),
);
