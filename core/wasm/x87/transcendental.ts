/** F2XM1 FYL2X FYL2XP1 FPTAN FPATAN FSIN FCOS FSINCOS: not executed yet, #UD. */
import { raise } from '../fault';
import { VECTOR_UD } from '../layout';

export function power(): void {
  raise(VECTOR_UD, 0);
}
export function logarithm(): void {
  raise(VECTOR_UD, 0);
}
export function logarithmOfSum(): void {
  raise(VECTOR_UD, 0);
}
export function tangent(): void {
  raise(VECTOR_UD, 0);
}
export function arcTangent(): void {
  raise(VECTOR_UD, 0);
}
export function sine(): void {
  raise(VECTOR_UD, 0);
}
export function cosine(): void {
  raise(VECTOR_UD, 0);
}
export function sineAndCosine(): void {
  raise(VECTOR_UD, 0);
}
