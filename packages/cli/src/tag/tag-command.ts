import { resolve } from "node:path";
import type { ApiClient } from "@segue/client";
import { type KeyNotation, keyNotations, printable } from "@segue/wording";
import { Command, Option } from "commander";
import { type CommandContext, writeJson } from "../command-context.ts";
import { commandExitCodes, examplesText, exitCodesText } from "../command-exit-codes.ts";
import { apiCodes, apiOption, limitOption } from "../fleet-api/api-options.ts";
import { addFilters, type FilterFlags, filtersOf } from "../search/filter-options.ts";
import type { Tagged } from "./tag-copy.ts";
import type { WordField } from "./write-tags.ts";

interface Flags extends FilterFlags {
  readonly api?: string;
  readonly json: boolean;
  readonly limit: number;
  readonly out: string;
  readonly notation: KeyNotation;
  readonly wordsTo?: WordField;
}

const codes = exitCodesText({
  ...apiCodes,
  succeeded: "written",
  failed: "some could not be written, or the API does not know a track; the others are there",
});

/** `segue tag`: tempo, key and words in copies of files. */
export function createTagCommand(context: CommandContext): Command {
  const examples = examplesText({
    "segue tag ID --out tagged": "the track's own file, with tempo and key in its tags",
    "segue tag --tags techno:0.5 --out set --notation camelot": "all that a search finds, with keys as 8A",
    "segue tag ID --out tagged --words-to genre": "and what is heard in it in the place of its genre",
  });
  const command = new Command("tag")
    .summary("write tempo, key and tags into copies of files")
    .description(
      "Writes copies of tracks' masters into a folder, with tempo and key in their tags: MP3, FLAC, Ogg, Opus, M4A, AIFF, WAV, WavPack.\n" +
        "All else stays as it is, the sound packet by packet. Nothing is written in place, and no file is overwritten.",
    )
    .argument("[ids...]", "tracks; or those that a search finds by the options below")
    .requiredOption("--out <dir>", "the folder for copies; made if it is not there")
    .addOption(
      new Option("--notation <name>", "how keys are written: Am, 8A or 1m")
        .choices(keyNotations)
        .default("musical"),
    )
    .addOption(
      new Option(
        "--words-to <field>",
        "write what is heard in it there, in the place of what the file has",
      ).choices(["genre", "mood", "grouping"]),
    );
  return addFilters(command)
    .addOption(limitOption(1_000_000, "how many tracks of those that are found"))
    .addOption(apiOption())
    .option("--json", "print a JSON array of what became of each", false)
    .addHelpText("after", examples + codes)
    .action(async (ids: string[], flags: Flags) => {
      const filters = filtersOf(flags);
      const isSearch = Object.values(filters).some((value) => value !== undefined);
      if (ids.length > 0 === isSearch)
        command.error("error: expected ids of tracks, or options that a search finds them by");
      const { checkTrackId, useApi } = await import("../fleet-api/use-api.ts");
      for (const id of ids) checkTrackId(command, id);
      await useApi(context, flags.api, (api) => tagAll(context, api, isSearch ? null : ids, flags));
    });
}

async function tagAll(
  context: CommandContext,
  api: ApiClient,
  given: readonly string[] | null,
  flags: Flags,
): Promise<void> {
  const [{ tagCopy }, { walkSearch }] = await Promise.all([import("./tag-copy.ts"), import("@segue/client")]);
  const { out, notation, wordsTo, limit, json } = flags;
  const { kinds: listed } = (await api.listKinds()) ?? { kinds: [] };
  const kinds = listed.map(({ name, facts: schema }) => ({ name, schema }));
  const dir = resolve(context.config.cwd, out);
  const all: Tagged[] = [];
  const tag = async (id: string) => {
    const track = await api.readTrack(id);
    const tagged: Tagged = track
      ? await tagCopy(api, track, { dir, kinds, notation, wordsTo })
      : { id, file: null, reason: "the API knows no such track" };
    all.push(tagged);
    if (!json) context.stdout.write(`${describe(tagged)}\n`);
  };
  if (given) for (const id of given) await tag(id);
  else for await (const { id } of walkSearch(api, limit, filtersOf(flags))) await tag(id);
  if (json) writeJson(context, all);
  if (all.some(({ file }) => file === null)) context.onExitCode(commandExitCodes.failed);
}

function describe(tagged: Tagged): string {
  if (tagged.file === null) return `${tagged.id}: not written: ${printable(tagged.reason)}`;
  const { file, bpm, key, words } = tagged;
  const tempo = bpm === null ? "no tempo" : `${Number(bpm.toFixed(2))} BPM`;
  return printable(
    [`${file}: ${tempo}`, key ?? "no key", ...(words.length > 0 ? [words.join("; ")] : [])].join(", "),
  );
}
