/** The lines of the interrupt controller. Plain data. */

/** Lines of the interrupt controller, an I/O APIC; 0 is the timer's, Xen's own. */
export const GSIS = 24;

/** A line, and who serves it. */
export class Gsi {
  asserted = false;
  /** Xen serves it itself: nobody else may. */
  isXens = false;
  /** Raised, and not yet served. */
  masked = false;
  domain: number | null = null;
  port = 0;
}

export function makeGsis(): Gsi[] {
  return Array.from({ length: GSIS }, () => new Gsi());
}
