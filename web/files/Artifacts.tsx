import { useState } from "preact/hooks";
import { Bytes, Read } from "../src/parts";
import { useResource } from "../src/resource";
import { at, keptAt } from "../registry/calls";
import { useWords } from "../registry/words";
import { Viewer } from "./Viewer";

interface Listed {
  files?: { path: string; is_dir: boolean; file_size?: number }[];
}
interface Chosen {
  path: string;
  size: number;
}

const atOnce = 200;

/** The files of a run or a model: a tree whose folders are read when they are opened, and beside it the file that was chosen. */
export function Artifacts({ uri, none }: { uri: string; none: string }) {
  const words = useWords();
  const [chosen, choose] = useState<Chosen | null>(null);
  const root = keptAt(uri);
  if (root === null) return <p class="quiet">{words("page.art.elsewhere", { uri })}</p>;
  return (
    <div class={`artifacts ${chosen ? "shown" : ""}`}>
      <div class="tree">
        <Folder root={root} folder="" chosen={chosen?.path ?? null} onChoose={choose} none={none} />
      </div>
      {chosen ? <Viewer key={chosen.path} root={root} path={chosen.path} size={chosen.size} /> : null}
    </div>
  );
}

function Folder({
  root,
  folder,
  chosen,
  onChoose,
  none,
}: {
  root: string;
  folder: string;
  chosen: string | null;
  onChoose: (file: Chosen) => void;
  none: string;
}) {
  const words = useWords();
  const [most, setMost] = useState(atOnce);
  const listed = useResource<Listed>(at.folder(folder === "" ? root : `${root}/${folder}`));
  return (
    <Read of={listed} what={folder || words("page.art.files")}>
      {({ files = [] }) =>
        files.length === 0 ? (
          <p class="quiet">{none}</p>
        ) : (
          <ul>
            {sorted(files)
              .slice(0, most)
              .map(f => {
                const path = folder === "" ? f.path : `${folder}/${f.path}`;
                return f.is_dir ? (
                  <Branch key={path} root={root} path={path} name={f.path} chosen={chosen} onChoose={onChoose} />
                ) : (
                  <li key={path}>
                    <button
                      type="button"
                      class="leaf"
                      aria-current={chosen === path ? "true" : undefined}
                      onClick={() => onChoose({ path, size: f.file_size ?? 0 })}
                    >
                      <span class="leaf-name">{f.path}</span>{" "}
                      <span class="quiet">
                        <Bytes of={f.file_size ?? 0} />
                      </span>
                    </button>
                  </li>
                );
              })}
            {files.length > most && (
              <li>
                <button type="button" class="small" onClick={() => setMost(m => m + atOnce * 5)}>
                  {words("page.art.more", { count: files.length - most })}
                </button>
              </li>
            )}
          </ul>
        )
      }
    </Read>
  );
}

const sorted = (files: NonNullable<Listed["files"]>) => [...files].sort((a, b) => Number(b.is_dir) - Number(a.is_dir) || (a.path < b.path ? -1 : 1));

function Branch({ root, path, name, chosen, onChoose }: { root: string; path: string; name: string; chosen: string | null; onChoose: (file: Chosen) => void }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <li>
      <button type="button" class="leaf folder" aria-expanded={isOpen} onClick={() => setOpen(o => !o)}>
        <span aria-hidden="true">{isOpen ? "▾" : "▸"}</span> <span class="leaf-name">{name}</span>
      </button>
      {isOpen && <Folder root={root} folder={path} chosen={chosen} onChoose={onChoose} none={words("page.art.empty-folder")} />}
    </li>
  );
}
