import type { Alert, AlertGroup } from "./alert.ts";

const severities = { page: "a page", ticket: "a ticket", none: "no trouble" };

/** The entries of the runbook, in Markdown; a heading is the alert's name, so a link to `#name` in small letters finds it. */
export function renderRunbook(groups: readonly AlertGroup[]): string {
  const index = groups.flatMap(({ alerts }) =>
    alerts.map(
      ({ name, severity, summary }) =>
        `| [${name}](#${name.toLowerCase()}) | ${severity} | ${inWords(summary)} |`,
    ),
  );
  const sections = groups.map(({ title, alerts }) =>
    [`## ${title}`, ...alerts.map(renderEntry)].join("\n\n"),
  );
  return [["| alert | | says |", "|---|---|---|", ...index].join("\n"), ...sections].join("\n\n");
}

function renderEntry(alert: Alert): string {
  const since = alert.for === "0s" ? "at once" : `after ${alert.for}`;
  return [
    `### ${alert.name}`,
    `${inWords(alert.summary)}. It is ${severities[alert.severity]}, ${since}.`,
    alert.means,
    alert.first.map((what, index) => `${index + 1}. ${what}`).join("\n"),
    `See ${alert.look.map(([words, page]) => `[${words}](${page})`).join(", ")}.`,
    `\`\`\`\n${alert.expr}\n\`\`\``,
  ].join("\n\n");
}

/** What stands for a value, as a word: `{{ $labels.step }}` is *step*. */
function inWords(summary: string): string {
  return summary.replaceAll(/\{\{ \$(?:labels\.)?(\w+)[^}]*\}\}/g, "*$1*");
}
