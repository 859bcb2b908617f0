import type { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import { ApiError, invalid } from "./api-error.ts";
import { parseObjectFields } from "./fields.ts";
import type { StoredObject } from "./objects.ts";
import { checkPolicy, type FormFields } from "./post-policy.ts";
import { formatEtag } from "./resources.ts";
import type { Call } from "./server-state.ts";
import { storeObject } from "./store-object.ts";
import { checkHeaders } from "./surface/headers.ts";
import { sendXml } from "./xml.ts";

const resourceFields = {
  "content-type": "contentType",
  "content-encoding": "contentEncoding",
  "content-disposition": "contentDisposition",
  "content-language": "contentLanguage",
  "cache-control": "cacheControl",
  "x-goog-storage-class": "storageClass",
  "x-goog-custom-time": "customTime",
} as const;

function readResource(fields: FormFields) {
  const stated = Object.entries(resourceFields).flatMap(([field, name]) => {
    const value = fields.get(field);
    return value === undefined ? [] : [[name, value] as const];
  });
  const metadata = [...fields]
    .filter(([name]) => name.startsWith("x-goog-meta-"))
    .map(([name, value]) => [name.slice("x-goog-meta-".length), value] as const);
  return parseObjectFields({
    ...Object.fromEntries(stated),
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  });
}

type Form = { readonly fields: FormFields; readonly file: Readable; readonly fileName: string };

/** Reads a form up to its file, which comes last and is handed on as it comes. */
async function readForm({ request }: Call): Promise<Form> {
  const contentType = request.headers["content-type"];
  if (!/^multipart\/form-data\b/i.test(contentType ?? "")) throw invalid("Expected multipart/form-data");
  const form = new Busboy({
    headers: { ...request.headers, "content-type": contentType ?? "" },
    // Not every client names a file that it has made up.
    isPartAFile: (name, _type, written) => name === "file" || written !== undefined,
  });
  const fields = new Map<string, string>();
  form.on("field", (name, value) => void fields.set(name.toLowerCase(), value));
  const found = new Promise<Form & { readonly name: string }>((resolve, reject) => {
    form.once("file", (name, file, fileName) => resolve({ name, fields, file, fileName: fileName ?? "" }));
    form.once("finish", () => reject(invalid("Required form field: file")));
    form.once("error", (error) => reject(invalid(`Malformed form: ${String(error)}`)));
    request.once("close", () => reject(new Error("the client went away")));
  });
  request.pipe(form);
  const { name, file, fileName } = await found;
  form.on("error", () => file.destroy(invalid("Malformed form")));
  request.once("close", () => {
    if (!request.complete) file.destroy(new Error("the client went away"));
  });
  if (name !== "file") throw invalid(`Expected the form's file as "file", got ${JSON.stringify(name)}`);
  return { fields, file, fileName };
}

function answerForm({ state, response }: Call, fields: FormFields, object: StoredObject): void {
  const etag = `"${formatEtag(object)}"`;
  const location = `${state.url()}/${object.bucket}/${encodeURIComponent(object.name)}`;
  response.setHeader("etag", etag);
  response.setHeader("location", location);
  response.setHeader("x-goog-generation", String(object.generation));
  const status = fields.get("success_action_status") ?? "204";
  if (status === "201") {
    response.statusCode = 201;
    const { bucket, name } = object;
    sendXml(response, "PostResponse", [
      ["Location", location],
      ["Bucket", bucket],
      ["Key", name],
      ["ETag", etag],
    ]);
    return;
  }
  response.writeHead(status === "200" ? 200 : 204).end();
}

/** `POST /BUCKET` or `POST /`: a web form that stores one object, as far as the policy that it carries allows. */
export async function uploadForm(call: Call, bucket: string | undefined): Promise<void> {
  const { state } = call;
  const { fields, file, fileName } = await readForm(call);
  try {
    checkHeaders(Object.fromEntries([...fields].filter(([name]) => !isOfPolicy(name))), () => false);
    if (fields.has("success_action_redirect") || fields.has("acl"))
      throw new ApiError(
        400,
        "notImplemented",
        "A form with success_action_redirect or acl is not built in Segue's local cloud.",
      );
    const { bucket: to, ...expected } = checkPolicy(fields, bucket, state.account, state.now());
    const name = (fields.get("key") ?? "").replace(/\$\{filename\}/g, () => fileName);
    const upload = { bucket: to, name, fields: readResource(fields), expected, conditions: {} };
    answerForm(call, fields, await storeObject(state, upload, file));
  } finally {
    file.resume();
  }
}

const isOfPolicy = (name: string) => /^x-goog-(algorithm|credential|date|signature)$/.test(name);
