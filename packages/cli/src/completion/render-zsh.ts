import type { CommandWords } from "./describe-words.ts";
import { indent, quote, renderSharedFunctions } from "./shell-words.ts";

/** A completion script for zsh, with what each command and option means. */
export function renderZsh(commands: readonly CommandWords[]): string {
  const commandArms = commands.flatMap(({ path, commands: children }) =>
    children.length === 0
      ? []
      : [
          renderArm(
            path,
            children.map(({ name, description }) => describe(name, description)),
          ),
        ],
  );
  const optionArms = commands.map(({ path, options }) =>
    renderArm(
      path,
      options.flatMap(({ names, description }) => names.map((name) => describe(name, description))),
    ),
  );
  return `#compdef segue
${renderSharedFunctions(commands)}
_segue_commands() {
  case "$1" in
${indent(commandArms)}
  esac
}

_segue_options() {
  case "$1" in
${indent(optionArms)}
  esac
}

_segue() {
  local at value expected cur=\${words[CURRENT]}
  local -a described
  _segue_expect "\${(@)words[2,CURRENT-1]}"
  if [[ -z $value && $cur == --*=* ]]; then
    expected=$(_segue_value "$at" "\${cur%%=*}")
    compset -P '*='
  elif [[ -z $value && $cur == -* ]]; then
    described=("\${(@f)$(_segue_options "$at")}")
    _describe -o option described
    return
  elif [[ -z $value && -n $(_segue_commands "$at") && -n $expected ]]; then
    described=("\${(@f)$(_segue_commands "$at")}")
    _describe command described
    return
  fi
  case "$expected" in
    choices\\ *) compadd -- \${=expected#choices } ;;
    files) _files ;;
    folders) _files -/ ;;
  esac
}

if [[ $funcstack[1] == _segue ]]; then
  _segue "$@"
else
  compdef _segue segue
fi
`;
}

function renderArm(path: string, described: readonly string[]): string {
  return `${quote(path)}) print -rl -- ${described.map(quote).join(" ")} ;;`;
}

/** As `_describe` wants it: a colon ends the name. */
function describe(name: string, description: string): string {
  return `${name.replaceAll(":", "\\:")}:${description.replaceAll("\n", " ")}`;
}
