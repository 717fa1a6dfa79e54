/** Messages between threads of Node's as bytes: what can be cloned between them can be that. */
import { deserialize, serialize } from 'node:v8';
import type { Codec } from './mailbox.ts';

export const NODE_CODEC: Codec = { encode: serialize, decode: (bytes) => deserialize(bytes) as unknown };
