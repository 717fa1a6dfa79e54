/** An operator (`|`, `&&`, `>`, `;`, a line's end as `\n`) or a word. */
export class Token {
  constructor(
    public text: string,
    public isOperator: bool,
  ) {}
}
