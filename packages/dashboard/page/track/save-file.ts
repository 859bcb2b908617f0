import type { Api } from "../api/create-api.ts";

/** Has the browser save a file of the API, under the name that the API gives it. With a key by way of memory: a link sends none. */
export async function saveFile(api: Api, path: string): Promise<string> {
  if (api.session.key() === undefined) {
    save(api.url(path), "");
    return "";
  }
  const answer = await api.open(path);
  const name = nameIn(answer.headers.get("content-disposition"));
  const url = URL.createObjectURL(await answer.blob());
  save(url, name);
  // Not at once: the browser has to have begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return `Saved ${name}.`;
}

/** RFC 6266: the encoded name before the plain one. */
export function nameIn(disposition: string | null): string {
  const [, encoded] = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "") ?? [];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  const [, quoted, plain] = /filename="((?:[^"\\]|\\.)*)"|filename=([^;\s]+)/i.exec(disposition ?? "") ?? [];
  return (quoted ?? plain ?? "file").replaceAll(/\\(.)/g, "$1");
}

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
}
