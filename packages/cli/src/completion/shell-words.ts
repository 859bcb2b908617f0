import type { CommandWords, Words } from "./describe-words.ts";

/** A word as bash and zsh read it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * Functions that bash and zsh share: what follows an option, what stands at a place, and `_segue_expect`, which reads the
 * words before the cursor and sets `at` (the command), `value` (what the option before the cursor waits for, if it
 * does) and `expected`: `choices` with the words, `files`, `folders` or `unknown`.
 */
export function renderSharedFunctions(commands: readonly CommandWords[]): string {
  return `_segue_value() {
  case "$1 $2" in
${indent(renderValueArms(commands))}
  esac
}

_segue_position() {
  case "$1 $2" in
${indent(renderPositionArms(commands))}
  esac
}

_segue_expect() {
  local word place=0
  at=segue value= expected=
  for word in "$@"; do
    if [ -n "$value" ]; then
      value=
      continue
    fi
    case "$word" in
      --*=*) ;;
      -*) value=$(_segue_value "$at" "$word") ;;
      *)
        case "$at $word" in
          ${commands.map(({ path }) => quote(path)).join("|")}) at="$at $word" ;;
          *) place=$((place + 1)) ;;
        esac
        ;;
    esac
  done
  expected=\${value:-$(_segue_position "$at" "$place")}
}
`;
}

/** What follows an option; none for one that takes no value. */
function renderValueArms(commands: readonly CommandWords[]): string[] {
  return commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) => {
      if (value === null) return [];
      return [renderArm(names.map((name) => quote(`${path} ${name}`)).join("|"), value)];
    }),
  );
}

/** What stands at a place behind the command, counted from 0: a subcommand comes first. */
function renderPositionArms(commands: readonly CommandWords[]): string[] {
  return commands.flatMap(({ path, commands: children, positions, lastRepeats }) => {
    const choices = children.map(({ name }) => name);
    if (choices.length > 0) return [renderArm(quote(`${path} 0`), { type: "choices", choices })];
    return positions.map((words, place) => {
      const repeats = lastRepeats && place === positions.length - 1;
      return renderArm(repeats ? `${quote(`${path} `)}[0-9]*` : quote(`${path} ${place}`), words);
    });
  });
}

function renderArm(pattern: string, words: Words): string {
  const answer = words.type === "choices" ? `choices ${words.choices.join(" ")}` : words.type;
  return `${pattern}) echo ${quote(answer)} ;;`;
}

/** Lines in the arms of a `case` in a function. */
export function indent(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join("\n");
}
