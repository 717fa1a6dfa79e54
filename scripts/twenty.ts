/** `npm run twenty [DOMAINS] [ROUNDS]`: twenty domains on a host, all serving HTTP to domain 0. Exit status 1: not all did. */
import { many } from '../guests/tests/dom0/testing-many.ts';

const domains = Number(process.argv[2] ?? 20);
const rounds = Number(process.argv[3] ?? 10);
const { good, requests, ...cost } = await many(domains, rounds);
process.stdout.write(
  `${String(domains)} domains: ${cost.kibPerDomain.toFixed(0)} KiB of the host's memory each\n` +
    `xm create: ${(cost.createSeconds * 1000).toFixed(1)} ms of the guest's time, ` +
    `${cost.createWallSeconds.toFixed(2)} s of wall time each\n` +
    `${String(good)} of ${String(requests)} requests answered: ${cost.perGuestSecond.toFixed(0)} a second of the guest's ` +
    `time, ${cost.perWallSecond.toFixed(1)} a second of wall time\n`,
);
process.exitCode = good === requests ? 0 : 1;
