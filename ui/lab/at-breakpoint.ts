/** A domain at a breakpoint, in words: the line, who called whom, the registers, the code. */
import type { Lab } from './lab.ts';
import type { SourcePlace } from './symbols.ts';
import { vcpuView } from './views.ts';

const IN_A_ROW = 3;

export function describeBreakpoint(lab: Lab, place: SourcePlace): string {
  const { hypervisor, code } = lab;
  const vcpu = hypervisor.current;
  const head = `Breakpoint at ${place.file}:${String(place.line)}, instruction ${String(lab.instructions)}.`;
  if (vcpu === null) return head;
  const view = vcpuView(hypervisor, vcpu, code);
  const calls = view.stack.map(
    ({ function: name, file, line }) => `    at ${name} (${file}:${String(line)})`,
  );
  const registers = Object.entries(view.registers).map(([name, value]) => `${name.padStart(6)} ${value}`);
  const rows = registers.flatMap((_, n) =>
    n % IN_A_ROW === 0 ? [registers.slice(n, n + IN_A_ROW).join('  ')] : [],
  );
  const instructions = view.code.map(({ address, text }) => `${address}  ${text}`);
  return [`${head} vcpu ${String(vcpu.id)}, ${view.mode} mode`, ...calls, ...rows, ...instructions].join(
    '\n',
  );
}
