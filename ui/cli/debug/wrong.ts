/** A command cannot be done: one line that says why. */
export class Wrong extends Error {}
