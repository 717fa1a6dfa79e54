/**
 * A frontend that lies: it tells its backends of rings, grants, sectors and packets that cannot be, and goes through states in
 * orders that nobody would. A backend refuses what is wrong, closes where nothing more can be made of it, and takes the
 * frontend back when it begins anew. It is to have a disk, xvda, writable, one, xvdb, that is not,
 * and a network card.
 */
import { initKernel } from 'kernel/boot';
import { initXenbus } from 'kernel/store/xenbus';
import { finish } from '../check';
import { cardLies } from './card';
import { diskLies } from './disk';

export function main(): void {
  initKernel();
  initXenbus();
  diskLies();
  cardLies();
  finish();
}
