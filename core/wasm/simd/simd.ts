/** MMX and SSE up to SSE4.2: the families OP_SSE_0F, OP_SSE_38, OP_SSE_3A. */
export { sse0f } from './sse0f';
export { sse38 } from './sse38';
export { sse3a } from './sse3a';
