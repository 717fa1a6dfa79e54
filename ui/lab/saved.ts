/** What of this room is state (devices/saved.ts): of a lab, what conditions on its console's text are asked of. */
import type { SavedClasses } from '../../devices/saved.ts';
import { ConsoleText } from './console-text.ts';
import { TextStream } from './text-stream.ts';
import { TypedLines } from './typed-lines.ts';

export const LAB_SAVED: SavedClasses = {
  ConsoleText: { type: ConsoleText },
  TextStream: { type: TextStream },
  TypedLines: { type: TypedLines },
};
