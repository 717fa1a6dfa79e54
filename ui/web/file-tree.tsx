/** Files by folder; the folder of the file that is open is unfolded. */
export interface FileTreeProps {
  readonly paths: readonly string[];
  readonly changed: ReadonlyMap<string, string>;
  readonly current: string;
  readonly open: (path: string) => void;
}

export function FileTree({ paths, changed, current, open }: FileTreeProps) {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const folder = path.slice(0, path.lastIndexOf('/'));
    folders.set(folder, [...(folders.get(folder) ?? []), path]);
  }
  return (
    <nav class="files" aria-label="Files">
      {[...folders]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([folder, files]) => (
          <details key={folder} open={current.slice(0, current.lastIndexOf('/')) === folder}>
            <summary>{folder}</summary>
            {files.sort().map((path) => (
              <button
                key={path}
                aria-current={path === current}
                onClick={() => {
                  open(path);
                }}
              >
                {path.slice(folder.length + 1)}
                {changed.has(path) ? ' ●' : ''}
              </button>
            ))}
          </details>
        ))}
    </nav>
  );
}
