/** What is wrong with a piece of assembly; `assemble` adds the line. */
export class AssemblyError extends Error {}
