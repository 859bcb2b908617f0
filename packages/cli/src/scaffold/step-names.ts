/** A step's name in the forms that its files need. */
export interface StepNames {
  /** `beat-count`: of the step, its kind where it has no other, its service and its folder. */
  readonly kebab: string;
  /** `beatCount`: of the step's constant, or an output. */
  readonly camel: string;
  /** `BeatCount`: of the kind's constant. */
  readonly pascal: string;
}

const longest = 32;

/** What the generated files use themselves, and what no constant may be called in a module. */
const taken: ReadonlySet<string> = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if implements import in instanceof interface let new null package private protected public return static " +
    "super switch this throw true try typeof var void while with yield arguments eval undefined " +
    "z test expect join rm tmpdir mkdtemp define-step define-kind run-step conform-step encode-wav create-read-stream write-file " +
    "on-test-finished ingest catalog define-fleet int16-array promise mono16k pcm master chunks facts path folder work " +
    "paths sizes size stat read-file output-paths result"
  ).split(" "),
);

/** @returns the reason, in words, why a step can't have this name; undefined if it can. */
export function refuseName(name: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z][a-z0-9]*)*$/.test(name)) {
    return `expected a name in kebab-case, such as beat-count, got "${name}"`;
  }
  if (name.length > longest) return `expected a name of at most ${longest} characters, got ${name.length}`;
  if (taken.has(name)) return `"${name}" has a meaning in the language or the project; choose another name`;
  return undefined;
}

export function namesOf(kebab: string): StepNames {
  const camel = kebab.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return { kebab, camel, pascal: camel.charAt(0).toUpperCase() + camel.slice(1) };
}
