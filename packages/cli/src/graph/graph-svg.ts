import { Master } from "@segue/contracts";
import { escapeXml, font } from "../svg.ts";
import { type ChainGraph, formatNeeds, isKept, type StepNode } from "./describe-chain.ts";
import { layoutGraph, masterPlace, type Place, type Route } from "./layout-graph.ts";

const box = { width: 168, height: 74 };
const gap = { x: 72, y: 26 };
const margin = 24;
const legendHeight = 36;
const colours = { ink: "#1f2933", quiet: "#616e7c", line: "#9aa5b1", kept: "#0b7285", keptFill: "#e6f6f8" };

/** The chain as a picture of its own, left to right. */
export function renderGraphSvg(graph: ChainGraph): string {
  const { places, routes, layers, rows } = layoutGraph(graph);
  const width = 2 * margin + layers * box.width + (layers - 1) * gap.x;
  const bodyHeight = rows * box.height + (rows - 1) * gap.y;
  const height = 2 * margin + bodyHeight + legendHeight;
  const at = ({ layer, row }: Place): Point => ({
    x: margin + layer * (box.width + gap.x),
    y: margin + bodyHeight / 2 + row * (box.height + gap.y),
  });
  const steps = new Map(graph.steps.map((step) => [step.name, step]));
  const edges = routes.map((route) => {
    const triggers = steps.get(route.to)?.triggers ?? [];
    return renderEdge(route, at, triggers.includes(route.kind));
  });
  const nodes = [masterPlace, ...steps.keys()].flatMap((id) => {
    const place = places.get(id);
    return place ? [renderNode(at(place), steps.get(id))] : [];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ${font} role="img" aria-label="the chain of steps">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0.8 L7 4 L0 7.2 Z" fill="${colours.line}"/></marker></defs>`,
    ...edges,
    ...nodes,
    renderLegend(height - margin),
    "</svg>",
  ].join("\n");
}

interface Point {
  readonly x: number;
  /** Of the middle of a box. */
  readonly y: number;
}

function renderEdge(route: Route, at: (place: Place) => Point, triggers: boolean): string {
  const points = route.places.map(at);
  const [first] = points;
  if (!first) return "";
  let path = `M${first.x + box.width} ${first.y}`;
  let from = { x: first.x + box.width, y: first.y };
  points.slice(1).forEach((to, i, rest) => {
    const half = gap.x / 2;
    path += ` C${from.x + half} ${from.y} ${to.x - half} ${to.y} ${to.x} ${to.y}`;
    // On its way past a layer the line goes straight on.
    if (i < rest.length - 1) path += ` H${to.x + box.width}`;
    from = { x: to.x + box.width, y: to.y };
  });
  const dashes = triggers ? "" : ' stroke-dasharray="5 4"';
  return `<path d="${path}" fill="none" stroke="${colours.line}" stroke-width="1.5"${dashes} marker-end="url(#head)"><title>${escapeXml(`${route.kind} to ${route.to}`)}</title></path>`;
}

/** @param step undefined for what clients submit. */
function renderNode({ x, y }: Point, step: StepNode | undefined): string {
  const kept = step !== undefined && isKept(step);
  const stroke = kept ? colours.kept : colours.line;
  const top = y - box.height / 2;
  const middle = x + box.width / 2;
  const text = (dy: number, size: number, fill: string, content: string, more = "") =>
    `<text x="${middle}" y="${y + dy}" font-size="${size}" fill="${fill}" text-anchor="middle"${more}>${escapeXml(content)}</text>`;
  const bold = ' font-weight="600"';
  const lines = step
    ? [
        text(-14, 15, colours.ink, `${step.name} v${step.version}`, bold),
        text(6, 12, colours.quiet, formatNeeds(step)),
        text(
          25,
          12,
          kept ? colours.kept : colours.ink,
          `makes ${step.produces.map(({ name }) => name).join(", ")}`,
        ),
      ]
    : [text(-2, 15, colours.ink, Master.name, bold), text(17, 12, colours.quiet, "what a client submits")];
  return [
    `<g><rect x="${x}" y="${top}" width="${box.width}" height="${box.height}" rx="${step ? 8 : box.height / 2}" fill="${kept ? colours.keptFill : "#f5f7fa"}" stroke="${stroke}" stroke-width="${kept ? 2 : 1.5}"/>`,
    ...lines,
    "</g>",
  ].join("");
}

function renderLegend(y: number): string {
  const note = (x: number, text: string) =>
    `<text x="${x}" y="${y}" font-size="12" fill="${colours.quiet}">${text}</text>`;
  const swatch = (x: number, fill: string, stroke: string) =>
    `<rect x="${x}" y="${y - 10}" width="16" height="11" rx="3" fill="${fill}" stroke="${stroke}"/>`;
  return [
    swatch(margin, colours.keptFill, colours.kept),
    note(margin + 24, "kept"),
    swatch(margin + 72, "#f5f7fa", colours.line),
    note(margin + 96, "may be dropped and made again"),
    `<path d="M${margin + 330} ${y - 4} h30" stroke="${colours.line}" stroke-width="1.5" stroke-dasharray="5 4"/>`,
    note(margin + 368, "read, sets nothing off"),
  ].join("");
}
