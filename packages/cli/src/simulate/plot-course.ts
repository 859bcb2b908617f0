import type { SimulatedFleet } from "@segue/scaling/simulate";
import { escapeXml, font } from "../svg.ts";

const size = {
  width: 960,
  workers: 260,
  waiting: 150,
  left: 64,
  right: 190,
  top: 44,
  between: 56,
  bottom: 40,
};
const ink = { text: "#1f2933", quiet: "#616e7c", grid: "#e4e7eb", waiting: "#b44d12" };
/** Okabe and Ito's, which people who see few colours tell apart too. */
const palette = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999"];
/** Of a long course each is the highest of a while. */
const mostColumns = 400;

interface Panel {
  readonly top: number;
  readonly height: number;
  readonly most: number;
}

interface Column {
  readonly atSec: number;
  readonly replicas: readonly number[];
  readonly waitingSec: number;
}

/** Workers of each service over time, one above the other, and below that how long they would have to work for what waits: an SVG. */
export function plotCourse({ services, course }: Pick<SimulatedFleet, "services" | "course">): string {
  const columns = gatherColumns(course);
  const endSec = Math.max(1, columns.at(-1)?.atSec ?? 1);
  const x = (atSec: number) => size.left + (atSec / endSec) * (size.width - size.left - size.right);
  const workers: Panel = {
    top: size.top,
    height: size.workers,
    most: niceCeil(Math.max(...columns.map(({ replicas }) => sumOf(replicas)), 1)),
  };
  const waiting: Panel = {
    top: size.top + size.workers + size.between,
    height: size.waiting,
    most: niceCeil(Math.max(...columns.map(({ waitingSec }) => waitingSec / 60), 1)),
  };
  const bottom = waiting.top + waiting.height;
  const height = bottom + size.bottom;
  const areas = services.map((_, index) => {
    const upTo = (count: number) =>
      columns.map(({ atSec, replicas }) => ({
        x: x(atSec),
        y: yOf(workers, sumOf(replicas.slice(0, count))),
      }));
    return `<path d="${areaBetween(upTo(index), upTo(index + 1))}" fill="${colourOf(index)}"/>`;
  });
  const line = columns.map(({ atSec, waitingSec }) => ({ x: x(atSec), y: yOf(waiting, waitingSec / 60) }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${height}" viewBox="0 0 ${size.width} ${height}" ${font} font-size="12" role="img" aria-label="workers and waiting work over time">`,
    `<rect width="${size.width}" height="${height}" fill="#ffffff"/>`,
    drawPanel(workers, "workers"),
    ...areas,
    drawPanel(waiting, "CPU-minutes of work that wait or are in hand"),
    `<path d="M${line.map(place).join(" L")}" fill="none" stroke="${ink.waiting}" stroke-width="1.5"/>`,
    ...hoursOf(endSec).map(({ atSec, label }) => text(x(atSec), bottom + 18, label, ink.quiet, "middle")),
    ...services.map(({ name }, index) => drawLegend(name, index)),
    "</svg>",
  ].join("\n");
}

function gatherColumns(course: SimulatedFleet["course"]): Column[] {
  const each = Math.ceil(course.length / mostColumns);
  const columns: Column[] = [];
  for (let from = 0; from < course.length; from += each) {
    const looks = course.slice(from, from + each);
    const busiest = looks.reduce((a, b) => (sumOf(b.replicas) > sumOf(a.replicas) ? b : a));
    const waitingSec = Math.max(...looks.map((look) => sumOf(look.waitingSec)));
    columns.push({ atSec: looks[0]?.atSec ?? 0, replicas: busiest.replicas, waitingSec });
  }
  return columns;
}

const sumOf = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0);

interface Point {
  readonly x: number;
  readonly y: number;
}

const place = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
const yOf = ({ top, height, most }: Panel, value: number) => top + height * (1 - value / most);
const colourOf = (index: number) => palette[index % palette.length] ?? "";

function areaBetween(lower: readonly Point[], upper: readonly Point[]): string {
  return `M${[...upper, ...lower.toReversed()].map(place).join(" L")} Z`;
}

function drawPanel(panel: Panel, title: string): string {
  const lines = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const y = yOf(panel, panel.most * share);
    return `<path d="M${size.left} ${y} H${size.width - size.right}" stroke="${ink.grid}"/>${text(size.left - 8, y + 4, (panel.most * share).toLocaleString("en"), ink.quiet, "end")}`;
  });
  return [text(size.left, panel.top - 14, title, ink.text, "start"), ...lines].join("\n");
}

function drawLegend(name: string, index: number): string {
  const [x, y] = [size.width - size.right + 24, size.top + 12 + index * 20];
  return `<rect x="${x}" y="${y - 10}" width="12" height="12" rx="2" fill="${colourOf(index)}"/>${text(x + 20, y, name, ink.text, "start")}`;
}

/** Some six times of day that people count in. */
function hoursOf(endSec: number): { readonly atSec: number; readonly label: string }[] {
  const steps = [60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400, 172_800, 604_800];
  const stepSec = steps.find((each) => endSec / each <= 8) ?? 604_800 * Math.ceil(endSec / 604_800 / 8);
  const [unitSec, unit] = stepSec < 3_600 ? [60, "min"] : stepSec < 86_400 ? [3_600, "h"] : [86_400, "d"];
  return Array.from({ length: Math.floor(endSec / stepSec) + 1 }, (_, index) => ({
    atSec: index * stepSec,
    label: `${(index * stepSec) / unitSec} ${unit}`,
  }));
}

/** The next of 1, 2, 4, 6, 8, 10, 12, 16, 20, 24 ...: a fourth of it is a number that people like. */
function niceCeil(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  const nice = [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10].find((each) => each * magnitude >= value) ?? 10;
  return nice * magnitude;
}

function text(x: number, y: number, content: string, fill: string, anchor: "start" | "middle" | "end") {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" fill="${fill}" text-anchor="${anchor}">${escapeXml(content)}</text>`;
}
