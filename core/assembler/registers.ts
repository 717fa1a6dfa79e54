/**
 * The registers an instruction can name, by class and number (Intel SDM vol. 2, 2.1.5 and table 2-2).
 * `r8` numbers 4 to 7 are spl, bpl, sil, dil (which need a REX prefix); ah, ch, dh, bh are `r8h` 4 to 7.
 */
export type RegisterClass =
  | 'r8'
  | 'r8h'
  | 'r16'
  | 'r32'
  | 'r64'
  | 'sreg'
  | 'cr'
  | 'dr'
  | 'st'
  | 'mm'
  | 'xmm'
  | 'ip';

export interface Register {
  readonly kind: 'register';
  readonly class: RegisterClass;
  readonly number: number;
}

const LEGACY = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'];
const range = (count: number) => [...Array(count).keys()];
const extended = (suffix: string) => range(8).map((n) => `r${n + 8}${suffix}`);
const numbered = (prefix: string, count: number) => range(count).map((n) => `${prefix}${n}`);

/** Names by class; the index is the register's number. An empty name is a number without a register. */
export const REGISTER_NAMES: Readonly<Record<RegisterClass, readonly string[]>> = {
  r8: ['al', 'cl', 'dl', 'bl', 'spl', 'bpl', 'sil', 'dil', ...extended('b')],
  r8h: ['', '', '', '', 'ah', 'ch', 'dh', 'bh'],
  r16: [...LEGACY, ...extended('w')],
  r32: [...LEGACY.map((name) => `e${name}`), ...extended('d')],
  r64: [...LEGACY.map((name) => `r${name}`), ...extended('')],
  sreg: ['es', 'cs', 'ss', 'ds', 'fs', 'gs'],
  cr: numbered('cr', 16),
  dr: numbered('dr', 16),
  st: numbered('st', 8),
  mm: numbered('mm', 8),
  xmm: numbered('xmm', 16),
  ip: ['rip', 'eip'],
};

const byName = new Map<string, Register>();
for (const [kind, names] of Object.entries(REGISTER_NAMES)) {
  names.forEach((name, number) => {
    if (name !== '') byName.set(name, { kind: 'register', class: kind as RegisterClass, number });
  });
}

/** The register of that name (lower case), or undefined. */
export function registerNamed(name: string): Register | undefined {
  return byName.get(name);
}

export function registerName(register: Register): string {
  return REGISTER_NAMES[register.class][register.number] ?? '?';
}

/** Width in bits of a general register, else 0. */
export function registerBits(kind: RegisterClass): number {
  const bits: Partial<Record<RegisterClass, number>> = { r8: 8, r8h: 8, r16: 16, r32: 32, r64: 64 };
  return bits[kind] ?? 0;
}
