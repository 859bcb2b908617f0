import { useApp } from "../app-context.ts";
import { Trouble } from "../parts/parts.tsx";
import { useLoaded } from "../parts/use-loaded.ts";
import {
  type Answer,
  ApiDocument,
  type Body,
  type Field,
  type ReferenceEntry,
  type ReferenceObject,
  readReference,
} from "./read-reference.ts";

/** What the API takes and answers, as it describes itself: of this release, with the kinds of this fleet. */
export function ReferencePage() {
  const { api } = useApp();
  const { value, error } = useLoaded(
    async (signal) => readReference(await api.get("openapi.json", ApiDocument, signal)),
    [api],
  );
  return (
    <div class="reference">
      <h1>API</h1>
      <p>
        For programs: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1).
      </p>
      <Trouble error={error} />
      {value ? (
        <>
          <p class="quiet">
            <Prose text={value.about} />
          </p>
          {value.operations.map((entry) => (
            <Operation key={entry.id} entry={entry} />
          ))}
          <h2>Objects</h2>
          {value.objects.map((object) => (
            <NamedObject key={object.name} object={object} />
          ))}
        </>
      ) : null}
    </div>
  );
}

function Operation({ entry }: { readonly entry: ReferenceEntry }) {
  const { method, path, summary, description, parameters, bodies, answers } = entry;
  return (
    <details class="card">
      <summary>
        <span class="reference-method">{method}</span> <code>{path}</code> <span>{summary}</span>
      </summary>
      <p>
        <Prose text={description} />
      </p>
      <Fields title="Parameters" fields={parameters} />
      {bodies.map((body) => (
        <RequestBody key={body.contentType} body={body} />
      ))}
      <Answers answers={answers} />
    </details>
  );
}

function RequestBody({ body: { contentType, type, fields } }: { readonly body: Body }) {
  return (
    <>
      <h3>
        Body: <code>{contentType}</code>, {type}
      </h3>
      <Fields title={`Properties of ${contentType}`} fields={fields} />
    </>
  );
}

function NamedObject({ object: { name, type, description, fields } }: { readonly object: ReferenceObject }) {
  return (
    <details class="card">
      <summary>
        <code>{name}</code> <span class="quiet">{type}</span>
      </summary>
      <p>
        <Prose text={description} />
      </p>
      <Fields title={`Properties of ${name}`} fields={fields} />
    </details>
  );
}

function Fields({ title, fields }: { readonly title: string; readonly fields: readonly Field[] }) {
  if (fields.length === 0) return null;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what can be scrolled can be reached by keys.
    <section class="table-box" aria-label={title} tabIndex={0}>
      <table>
        <tbody>
          {fields.map(({ name, where, isRequired, type, description }) => (
            <tr key={`${where} ${name}`}>
              <th scope="row">
                <code>{name}</code>
                <small> {[where, isRequired ? "required" : ""].filter(Boolean).join(", ")}</small>
              </th>
              <td>{type}</td>
              <td>
                <Prose text={description} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Answers({ answers }: { readonly answers: readonly Answer[] }) {
  return (
    <>
      <h3>Answers</h3>
      <dl class="reference-answers">
        {answers.map(({ status, description, bodies }) => (
          <div key={status}>
            <dt>{status}</dt>
            <dd>
              {bodies.map(({ contentType, type }) => `${contentType}: ${type}`).join("; ")}{" "}
              <Prose text={description} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Text in which names stand between backticks. */
function Prose({ text }: { readonly text: string }) {
  return (
    <>
      {text
        .split("`")
        .map((part, index) => (index % 2 ? <code key={`${index} ${part}`}>{part}</code> : part))}
    </>
  );
}
