import type { Command, Option } from "commander";

/** A place on the command line: what may follow it. */
interface Place {
  /** Commands from the program down, as in `failed show`; empty for the program itself. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly Option[];
}

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** A script that completes commands, options and the values of options that have few; files everywhere else. */
export function renderCompletion(program: Command, shell: Shell): string {
  const places = listPlaces(program, "");
  if (shell === "fish") return renderFish(program.name(), places);
  const script = renderBash(program.name(), places);
  return shell === "bash" ? script : `autoload -U +X bashcompinit && bashcompinit\n${script}`;
}

function listPlaces(command: Command, path: string): Place[] {
  const commands = command.commands.map((child) => child.name());
  const below = command.commands.flatMap((child) =>
    listPlaces(child, path === "" ? child.name() : `${path} ${child.name()}`),
  );
  return [{ path, commands, options: command.options }, ...below];
}

function longNames(options: readonly Option[]): string[] {
  return [...options.flatMap(({ long }) => long ?? []), "--help"];
}

/** Values by option, at any place: an option of one name has the same values wherever it is. */
function choicesOf(places: readonly Place[]): ReadonlyMap<string, readonly string[]> {
  const all = places.flatMap(({ options }) => options);
  return new Map(
    all.flatMap(({ long, argChoices }) => (long && argChoices ? [[long, argChoices] as const] : [])),
  );
}

function renderBash(name: string, places: readonly Place[]): string {
  const known = places.filter(({ path }) => path !== "").map(({ path }) => `"${path}"`);
  const words = places.map(
    ({ path, commands, options }) =>
      `    "${path}") words="${[...commands, ...longNames(options)].join(" ")}" ;;`,
  );
  const values = [...choicesOf(places)].map(
    ([option, choices]) => `    ${option}) words="${choices.join(" ")}" ;;`,
  );
  return `_${name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" place="" word words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${place:+$place }\${COMP_WORDS[i]}"
    case "$word" in
      ${known.join(" | ")}) place="$word" ;;
    esac
  done
  case "$prev" in
${values.join("\n")}
  esac
  [[ -n "$words" ]] || case "$place" in
${words.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ "$cur" == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -o filenames -F _${name} ${name}
`;
}

function renderFish(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const steps = path === "" ? [] : path.split(" ");
    const seen = steps.map((step) => `__fish_seen_subcommand_from ${step}`);
    const none = commands.length > 0 ? [`not __fish_seen_subcommand_from ${commands.join(" ")}`] : [];
    const when = `-n '${[...seen, ...none].join("; and ") || "true"}'`;
    return [
      ...commands.map((command) => `complete -c ${name} ${when} -a ${command}`),
      ...options.flatMap(({ long, argChoices, required, optional }) => {
        if (!long) return [];
        const values = argChoices ? ` -x -a '${argChoices.join(" ")}'` : required || optional ? " -r" : "";
        return [`complete -c ${name} ${when} -l ${long.slice(2)}${values}`];
      }),
    ];
  });
  return `${lines.join("\n")}\n`;
}
