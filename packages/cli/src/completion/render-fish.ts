import type { CommandWords, OptionWords, Words } from "./describe-words.ts";

/** A completion script for fish, with what each command and option means. */
export function renderFish(commands: readonly CommandWords[]): string {
  const paths = commands.map(({ path }) => quote(path)).join(" ");
  const taking = commands.flatMap(({ path, options }) =>
    options.flatMap(({ names, value }) => (value ? names.map((name) => quote(`${path} ${name}`)) : [])),
  );
  return `# fish completion for segue
# Whether the cursor stands behind a command, at a place behind it if one is named.
function __segue_stands
    set -l at segue
    set -l place 0
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
            continue
        end
        switch $word
            case '--*=*'
            case '-*'
                if contains -- "$at $word" ${taking.join(" ")}
                    set skip yes
                end
            case '*'
                if contains -- "$at $word" ${paths}
                    set at "$at $word"
                else
                    set place (math $place + 1)
                end
        end
    end
    test "$at" = "$argv[1]"; or return 1
    test (count $argv) -eq 1; or test $place -eq $argv[2]
end

complete -c segue -e
complete -c segue -f
${commands.flatMap(renderCommand).join("\n")}
`;
}

function renderCommand({ path, commands, options, positions, lastRepeats }: CommandWords): string[] {
  const at = (place?: number) => {
    const stands = `__segue_stands ${quote(path)}${place === undefined ? "" : ` ${place}`}`;
    return `complete -c segue -n ${quote(stands)}`;
  };
  return [
    ...commands.map(({ name, description }) => `${at(0)} -a ${quote(name)} -d ${quote(description)}`),
    ...options.map((option) => `${at()} ${renderOption(option)}`),
    ...positions.flatMap((words, place) => {
      const repeats = lastRepeats && place === positions.length - 1;
      const rendered = renderPosition(words);
      return rendered === null ? [] : [`${at(repeats ? undefined : place)} ${rendered}`];
    }),
  ];
}

function renderOption({ names, description, value }: OptionWords): string {
  const flags = names.map((name) => (name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(value ? [renderValue(value)] : []), `-d ${quote(description)}`].join(" ");
}

function renderValue(words: Words): string {
  if (words.type === "files") return "-r -F";
  return ["-x", renderPosition(words)].filter((part) => part !== null).join(" ");
}

function renderPosition(words: Words): string | null {
  if (words.type === "choices") return `-a ${quote(words.choices.join(" "))}`;
  if (words.type === "files") return "-F";
  return words.type === "folders" ? "-a '(__fish_complete_directories)'" : null;
}

/** A word as fish reads it. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", " ")}'`;
}
