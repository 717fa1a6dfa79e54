/** Telling those who watch. */
import { XS_WATCH_EVENT } from 'xen';
import { Connection, Watch } from './connection';
import { Change } from './store';
import { find, isBelow, Node } from './tree';

/** Tells of a path, in the words of the watch. */
export function fireOne(connection: Connection, watch: Watch, path: string): void {
  const isRelative = watch.given != watch.path;
  const text = isRelative ? path.substring(connection.base.length + 1) : path;
  connection.send(XS_WATCH_EVENT, 0, 0, text + '\0' + watch.token + '\0');
}

/** Tells of changes: everyone who watches them or something above; of what was taken away, those who watched below too. */
export function fireWatches(changes: Change[], connections: Connection[]): void {
  for (let c = 0; c < changes.length; c++)
    for (let n = 0; n < connections.length; n++) fire(changes[c], connections[n]);
}

function fire(change: Change, connection: Connection): void {
  for (let n = 0; n < connection.watches.length; n++) {
    const watch = connection.watches[n];
    if (isBelow(change.path, watch.path)) fireOne(connection, watch, change.path);
    else if (change.removed != null && wasBelow(change.removed!, change.path, watch.path))
      fireOne(connection, watch, watch.path);
  }
}

/** Whether a path was in what was taken away. */
function wasBelow(removed: Node, at: string, path: string): bool {
  if (path == at || !isBelow(path, at)) return false;
  return find(removed, path.substring(at.length)) != null;
}

/** Tells of a special event: @introduceDomain, @releaseDomain. */
export function fireSpecial(name: string, connections: Connection[]): void {
  for (let n = 0; n < connections.length; n++)
    for (let w = 0; w < connections[n].watches.length; w++)
      if (connections[n].watches[w].path == name) fireOne(connections[n], connections[n].watches[w], name);
}
