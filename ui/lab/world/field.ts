/** A value of JSON with the name of the place that it is at, to be read as what it should be. */

/** A description that cannot be; the message begins with the name of the field: `hosts[1].memoryMb: …`. */
export class DescriptionError extends RangeError {
  constructor(path: string, problem: string) {
    super(path === '' ? problem : `${path}: ${problem}`);
    this.name = 'DescriptionError';
  }
}

export class Field {
  readonly path: string;
  readonly value: unknown;

  constructor(path: string, value: unknown) {
    this.path = path;
    this.value = value;
  }

  fail(problem: string): never {
    throw new DescriptionError(this.path, problem);
  }

  /** Null where it is left out. */
  get given(): Field | null {
    return this.value === undefined ? null : this;
  }

  text(): string {
    return typeof this.value === 'string' ? this.value : this.fail('it must be a text');
  }

  flag(): boolean {
    return typeof this.value === 'boolean' ? this.value : this.fail('it must be true or false');
  }

  /** A number in a range; `whole`: without a fraction. */
  number(least: number, most: number, whole = true): number {
    const { value } = this;
    const fits = typeof value === 'number' && value >= least && value <= most;
    if (fits && (!whole || Number.isInteger(value))) return value;
    return this.fail(
      `it must be a ${whole ? 'whole ' : ''}number from ${String(least)} to ${String(most)}, not ${String(value)}`,
    );
  }

  list(most: number): Field[] {
    const { value } = this;
    if (!Array.isArray(value)) return this.fail('it must be a list');
    if (value.length > most) return this.fail(`it must be a list of ${String(most)} at most`);
    return value.map((item: unknown, index) => new Field(`${this.path}[${String(index)}]`, item));
  }

  /** The fields of an object that has no others than these. */
  object<Name extends string>(names: readonly Name[]): Record<Name, Field> {
    const entries = this.entries();
    const known: readonly string[] = names;
    const unknown = [...entries.keys()].find((name) => !known.includes(name));
    if (unknown !== undefined) this.fail(`there is no field ${unknown}; its fields are ${names.join(', ')}`);
    const fields = names.map((name) => [name, entries.get(name) ?? this.member(name, undefined)] as const);
    return Object.fromEntries(fields) as Record<Name, Field>;
  }

  /** The fields of an object, by their names. */
  entries(): Map<string, Field> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return this.fail('it must be an object');
    return new Map(Object.entries(value).map(([name, item]) => [name, this.member(name, item)]));
  }

  private member(name: string, value: unknown): Field {
    return new Field(this.path === '' ? name : `${this.path}.${name}`, value);
  }
}
