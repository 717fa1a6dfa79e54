/** What entry.asm calls, and the compiler. Every kernel's image exports it (toolchain/build.ts). */
export { boot } from './boot';
export { abort } from './panic';
export { threadBegin } from './threads';
export { trap } from './traps';
