/** All that varies in a world and is no input is drawn from its seed, each thing by its name. */

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
const BASIS = 0x811c_9dc5;
const PRIME = 0x0100_0193;

/** The seed of what has this name: a u32, another one for each name and each seed of the world (1 unless given). */
export function seedOf(worldSeed: number | undefined, name: string): number {
  let hash = BASIS;
  for (const byte of new TextEncoder().encode(`${String(worldSeed ?? 1)} ${name}`))
    hash = Math.imul(hash ^ byte, PRIME);
  return hash >>> 0;
}
