/** 9P2000.L's messages by number (include/net/9p/9p.h of Linux has the same names). */
import { attributeHandlers } from './attributes.ts';
import { fileHandlers } from './files.ts';
import type { AnyHandler } from './handler.ts';
import { nameHandlers } from './names.ts';
import { fidHandlers } from './fids.ts';

export const handlers: ReadonlyMap<number, AnyHandler> = new Map([
  ...fidHandlers,
  ...nameHandlers,
  ...fileHandlers,
  ...attributeHandlers,
]);
