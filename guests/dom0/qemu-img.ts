/**
 * qemu-img create [-f raw|qcow|qcow2] [-b BACKING] FILE [SIZE] | info FILE: images of disks: raw ones, and those that grow and may stand on
 * another one, which stays as it is; SIZE is in bytes, or as in 64M.
 */
import { O_CREAT, O_TRUNC, O_WRONLY } from 'mote/abi';
import { imageProblem } from 'dom0/lib/image';
import { openImage, QcowImage } from 'dom0/lib/qcow';
import { createQcow } from 'dom0/lib/qcow-create';
import { close, open, truncate } from 'programs/lib/calls';
import { complain, complainOf, print } from 'programs/lib/io';
import { bad, number } from 'programs/lib/text';

const USAGE = 'usage: qemu-img create [-f raw|qcow|qcow2] [-b BACKING] FILE [SIZE] | info FILE';
const UNITS = 'KMGT';

export function main(args: string[]): i32 {
  if (args.length == 3 && args[1] == 'info') return tell(args[2]);
  if (args.length > 2 && args[1] == 'create') return create(args.slice(2));
  return wrong();
}

function wrong(): i32 {
  complain(USAGE);
  return 2;
}

/** Bytes of `2G`; -1: it is no size. */
function bytesOf(text: string): i64 {
  const unit = text == '' ? -1 : UNITS.indexOf(text.charAt(text.length - 1).toUpperCase());
  const value = number(unit < 0 ? text : text.substring(0, text.length - 1));
  const shift: i64 = 10 * (unit + 1);
  return bad || value < 0 ? -1 : value << shift;
}

function create(words: string[]): i32 {
  let format = 'raw';
  let backing = '';
  const places: string[] = [];
  for (let n = 0; n < words.length; n++) {
    if (words[n] == '-f' && n + 1 < words.length) format = words[++n];
    // What it stands on is looked at anyhow.
    else if (words[n] == '-F' && n + 1 < words.length) n++;
    else if (words[n] == '-b' && n + 1 < words.length) backing = words[++n];
    else if (words[n].startsWith('-')) return wrong();
    else places.push(words[n]);
  }
  const version = format == 'qcow' ? 1 : format == 'qcow2' ? 2 : 0;
  if (version > 0 && backing != '' && places.length == 1) places.push(sizeOf(backing, places[0]).toString());
  if (imageProblem != '') return failed(backing);
  const size = places.length == 2 ? bytesOf(places[1]) : -1;
  if (size < 0 || (version == 0 && (format != 'raw' || backing != ''))) return wrong();
  const fd = open(places[0], O_WRONLY | O_CREAT | O_TRUNC);
  if (fd < 0) return complainOf(places[0], fd);
  close(fd);
  print(
    "Formatting '" +
      places[0] +
      "', fmt=" +
      format +
      ' size=' +
      size.toString() +
      (backing == '' ? '' : ' backing_file=' + backing) +
      '\n',
  );
  if (version > 0) return createQcow(version, places[0], size, backing) ? 0 : failed(places[0]);
  const grown = truncate(places[0], size);
  return grown < 0 ? complainOf(places[0], grown) : 0;
}

function failed(path: string): i32 {
  complain(path + ': ' + imageProblem);
  return 1;
}

/** Of what another one is to stand on, named as from there. */
function sizeOf(backing: string, path: string): u64 {
  const folder = path.substring(0, path.lastIndexOf('/') + 1);
  const image = openImage(backing.startsWith('/') ? backing : folder + backing, true);
  return image == null ? 0 : image.size;
}

function tell(path: string): i32 {
  const image = openImage(path, true);
  if (image == null) return failed(path);
  print('image: ' + path + '\nfile format: ');
  if (image instanceof QcowImage) {
    const found = <QcowImage>image;
    print(found.version == 1 ? 'qcow' : 'qcow2');
    print(
      '\nvirtual size: ' +
        found.size.toString() +
        ' bytes\ndisk size: ' +
        found.fileBytes.toString() +
        ' bytes\n',
    );
    print('cluster_size: ' + found.clusterBytes.toString() + '\n');
    if (found.backingPath != '') print('backing file: ' + found.backingPath + '\n');
  } else print('raw\nvirtual size: ' + image.size.toString() + ' bytes\n');
  return 0;
}
