/**
 * How an operation goes on when it is done, in its two forms: as a case of the main loop (core/wasm/generated/loop.ts), and as a
 * function of which the translator makes code (core/wasm/generated/functions.ts). Templates name the ways by marks.
 */

/** The same record again, an instruction more. */
export const AGAIN = '@again@';
/** The target of the jump that ends the block: `dispOf(p)` from the page's start. */
export const TAKEN = '@taken@';
/** What is behind the block. */
export const FALL = '@fall@';
/** An address that needs a look-up. */
export const enterAt = (target: string): string => `@enter(${target})@`;
/** The same, behind what may have dropped all blocks. */
export const enterAfresh = (target: string): string => `@afresh(${target})@`;

/** Goes on with block `next`, unless the budget ends inside it or it is the other tier's (tiers.ts). */
const ENTER = `{ const count = load<u32>(next, BLOCK_COUNT); if (remaining < <i32>count) return leave(next, remaining);
  const heat = load<i32>(next, BLOCK_HEAT) - 1; if (heat < 0) return handOver(next, remaining); store<i32>(next, heat, BLOCK_HEAT);
  remaining -= <i32>count; block = next; store<u32>(CURRENT_BLOCK, next); p = next + BLOCK_RECORDS; continue; }`;
const enterInLoop = (target: string, found: string): string =>
  `{ const rip = ${target}; if (!remaining) return stopAt(rip); const next = ${found}; if (!next) return remaining; ${ENTER} }`;
/** At a target that the block may remember. */
const enterLink = (link: string, target: string): string =>
  `{ let next = load<u32>(block, ${link}); if (!next) { const rip = ${target}; if (!remaining) return stopAt(rip);
  next = resolve(block, ${link}, rip); if (!next) return remaining; } ${ENTER} }`;
const TAKEN_IN_LOOP = enterLink('BLOCK_TAKEN', 'pageBase() + <u64><i64>dispOf(p)');
const FALL_IN_LOOP = enterLink('BLOCK_FALL', 'pageBase() + <u64>load<u16>(block, BLOCK_END)');

const MARK = /@(again|taken|fall|(?:enter|afresh)\((.*?)\))@/g;

/** Whether a body never comes to its end. */
const ends = (body: string): boolean => /^return|@$/.test(body.trim());

/** The body as a case of the loop. */
export function inLoop(body: string): string {
  const code = body.replace(MARK, (_, way: string, target: string) => {
    if (way === 'again') return '{ remaining--; continue; }';
    if (way === 'taken') return TAKEN_IN_LOOP;
    if (way === 'fall') return FALL_IN_LOOP;
    return enterInLoop(target, way.startsWith('enter') ? 'follow(block, rip)' : 'lookup(rip)');
  });
  return ends(body) ? code : `${code} break;`;
}

/** The body as a function's: it returns what is left of the budget when it leaves, or one of the calls of core/wasm/flow.ts. */
export function asFunction(body: string): string {
  const code = body.replace(MARK, (_, way: string, target: string) =>
    way.endsWith(')') ? `return enter_(${target});` : `return ${way}_();`,
  );
  return ends(body) ? code : `${code} return next_();`;
}
