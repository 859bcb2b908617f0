import { useEffect, useState } from "preact/hooks";
import { useApp } from "../app-context.ts";
import { readDropped } from "./dropped-files.ts";

/** Takes files and folders wherever on the page they are dropped. */
export function DropZone() {
  const { uploads } = useApp();
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    window.addEventListener("dragover", over, { signal });
    window.addEventListener("dragleave", (event) => event.relatedTarget === null && setOver(false), {
      signal,
    });
    window.addEventListener(
      "drop",
      (event) => {
        setOver(false);
        if (!hasFiles(event) || !event.dataTransfer) return;
        event.preventDefault();
        void readDropped(event.dataTransfer).then((files) => uploads.add(files));
      },
      { signal },
    );
    return () => ending.abort();
  }, [uploads]);
  return isOver ? (
    <div class="drop-hint" aria-hidden="true">
      <p>Drop to send</p>
    </div>
  ) : null;
}
