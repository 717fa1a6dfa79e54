/** CS and SS of a context that is returned to: by iret, or for the first time since a toolstack gave it. */
import * as layout from '../../core/wasm/layout.ts';
import type { Vcpu } from '../state/vcpu.ts';
import type { Hypervisor } from '../state/hypervisor.ts';
import { injectTrap } from './bounce.ts';
import { reloadSegments } from './failsafe.ts';
import { loadCode, loadStack } from './segments.ts';
import { forceSelector } from '../domain/flat-segments.ts';

const SELECTOR_MASK = 0xfffc;

/** Loads CS and SS of the current vcpu. What cannot be loaded is a #GP of the context that is returned to. */
export function loadSelectors(hypervisor: Hypervisor, vcpu: Vcpu, cs: number, ss: number): void {
  const { processor } = hypervisor;
  if (processor.selector(layout.SEG_CS) === cs && processor.selector(layout.SEG_SS) === ss) return;
  const bad = !loadCode(hypervisor, cs) ? cs : !loadStack(hypervisor, ss) ? ss : -1;
  if (bad >= 0) {
    forceSelector(hypervisor, layout.SEG_CS, cs);
    forceSelector(hypervisor, layout.SEG_SS, ss);
  }
  processor.stateChanged();
  if (bad >= 0) injectTrap(hypervisor, vcpu, layout.VECTOR_GP, bad & SELECTOR_MASK);
}

/** Loads all segments of the current vcpu, whose context has only named them. */
export function loadNamedSegments(hypervisor: Hypervisor, vcpu: Vcpu): void {
  const { processor } = hypervisor;
  vcpu.segmentsNamed = false;
  reloadSegments(hypervisor, vcpu);
  const cs = processor.selector(layout.SEG_CS);
  const ss = processor.selector(layout.SEG_SS);
  processor.setSegment(layout.SEG_CS, 0, 0, 0, 0);
  processor.setSegment(layout.SEG_SS, 0, 0, 0, 0);
  loadSelectors(hypervisor, vcpu, cs, ss);
}
