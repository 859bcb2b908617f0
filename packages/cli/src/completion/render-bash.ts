import type { CommandWords } from "./describe-words.ts";
import { indent, quote, renderSharedFunctions } from "./shell-words.ts";

/** A completion script for bash, from 3.2 on: that of macOS. */
export function renderBash(commands: readonly CommandWords[]): string {
  const optionArms = commands.map(({ path, options }) => {
    const names = options.flatMap((option) => option.names).join(" ");
    return `${quote(path)}) echo ${quote(names)} ;;`;
  });
  return `# bash completion for segue
${renderSharedFunctions(commands)}
_segue_options() {
  case "$1" in
${indent(optionArms)}
  esac
}

_segue() {
  local at value expected word kind=-W list= cur=\${COMP_WORDS[COMP_CWORD]} in_url=
  local -a before=()
  COMPREPLY=()
  # Bash takes --option=value and URLs apart.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == : ]]; then
      in_url=yes
    elif [[ -n $in_url ]]; then
      in_url=
    elif [[ $word != = ]]; then
      before+=("$word")
    fi
  done
  if [[ -n $in_url || $cur == : ]]; then return; fi
  if [[ $cur == = ]]; then cur=; fi
  _segue_expect \${before[@]+"\${before[@]}"}
  if [[ -z $value && $cur == -* ]]; then expected="choices $(_segue_options "$at")"; fi
  case "$expected" in
    choices\\ *) list=\${expected#choices } ;;
    files) kind=-f ;;
    folders) kind=-d ;;
    *) return ;;
  esac
  if [[ $kind == -W ]]; then
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$list" -- "$cur")
  else
    compopt -o filenames 2> /dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$kind" -- "$cur")
  fi
}

complete -F _segue segue
`;
}
