/** A lab as a file, and back. */
import { coreVersion } from '../../../core/version.ts';
import { Lab } from '../lab.ts';
import type { DeflatePart } from './deflate.ts';
import { describe, Images, requestOf } from './description.ts';
import type { Description, Sources } from './description.ts';
import { writeSnapshot } from './format.ts';
import type { SavedWorld, SnapshotFile } from './format.ts';

/** The world of a lab as it is now, or as it was, in a file. */
export async function saveLab(
  lab: Lab,
  core: WebAssembly.Module,
  saved: readonly SavedWorld[] = [lab.save()],
  deflatePart?: DeflatePart,
): Promise<Uint8Array<ArrayBuffer>> {
  const { description, images, contents } = await describe(lab.request);
  return writeSnapshot(
    { core: coreVersion(core), kind: 'host', images, description },
    saved,
    contents,
    deflatePart,
  );
}

/**
 * The lab of a file. Kernel and ramdisk are brought when somebody asks for their symbols (`Lab.bringCode`), everything else
 * before it is there. Throws SnapshotError, in one line, for a file that cannot be restored here; nothing is left of it then.
 */
export async function restoreLab(
  core: WebAssembly.Module,
  file: SnapshotFile,
  sources: Sources,
): Promise<Lab> {
  const { header } = file;
  file.check('host', core);
  const description = header.description as Description;
  const images = new Images(header.images, description, sources);
  const saved = await file.read(images.bring);
  return Lab.restore(core, await requestOf(description, images), saved);
}
