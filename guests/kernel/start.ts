/** What entry.asm calls, and the compiler. Every kernel's image exports it (toolchain/build.ts). */
export { boot } from './boot';
export { abort } from './traps/panic';
export { threadBegin } from './threads/threads';
export { trap } from './traps/traps';
