/** `npm run soak:devices`: 64 MiB through disks, 32 MiB through the bridge, whole and lossy. Exit status 1: not as it was. */
import { fileTrip, physicalTrip, transfer } from '../guests/tests/dom0/testing-integrity.ts';
import type { Trip } from '../guests/tests/dom0/testing-integrity.ts';

const DISK_MIB = 64;
const NETWORK_MIB = 32;
const SEED = 1;

let isGood = true;

function tell(what: string, started: number, hashes: readonly string[], more = ''): void {
  const same = new Set(hashes).size === 1;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  isGood &&= same;
  process.stdout.write(`${what}: ${same ? 'the same' : 'WRONG'}, ${hashes.join(' ')}, ${seconds} s${more}\n`);
}

const trips: readonly (readonly [string, (mib: number) => Promise<Trip>])[] = [
  ['phy:', physicalTrip],
  ['file:', fileTrip],
];
for (const [name, trip] of trips) {
  const started = performance.now();
  const { given, written, readBack } = await trip(DISK_MIB);
  tell(`${name} ${String(DISK_MIB)} MiB`, started, [given, written, readBack]);
}
for (const perMille of [0, 10]) {
  const started = performance.now();
  const { sent, received, lost, guestSeconds } = await transfer(NETWORK_MIB, perMille, SEED);
  const more = `, ${guestSeconds.toFixed(2)} s of the guest's time, ${String(lost)} frames lost`;
  tell(
    `TCP ${String(NETWORK_MIB)} MiB at ${String(perMille)} of a thousand lost`,
    started,
    [sent, received],
    more,
  );
}
process.exitCode = isGood ? 0 : 1;
