/** Something the user can put right: its message is one line that says what, where and what to do. */
export class UserError extends Error {}
