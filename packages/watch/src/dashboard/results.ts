import { ofCatalog } from "../measured.ts";
import { increase, quantile, rate, told } from "../promql.ts";
import { type Row, window } from "./panel.ts";

export const results: Row = {
  title: "The catalog",
  panels: [
    {
      title: "Outcomes stored, by step",
      unit: "ops",
      queries: [
        {
          expr: rate(ofCatalog.projectedOutcomes, window, { by: ["step", "status"] }),
          legend: "{{step}} {{status}}",
        },
      ],
    },
    {
      title: "How far the API is behind: nine in ten are within",
      unit: "s",
      queries: [
        { expr: quantile(0.9, ofCatalog.projectionLag, window, { by: ["topic"] }), legend: "{{topic}}" },
      ],
    },
    {
      title: "Messages that the database did not take",
      unit: "ops",
      queries: [
        {
          expr: rate(ofCatalog.handedBack, window),
          legend: "handed back",
          absentUntil: "the database refuses a message",
        },
      ],
    },
    {
      title: "Messages that the queue gave up on, and that were sent again",
      unit: "ops",
      queries: [
        {
          expr: rate(ofCatalog.returnedMessages, window, { by: ["step"] }),
          legend: "{{step}}",
          absentUntil: "the queue gives up on a message after about twenty deliveries",
        },
      ],
    },
    {
      title: "What the reconciler did",
      unit: "short",
      queries: [
        {
          expr: increase(ofCatalog.reconcilerEvents, window, { by: ["kind"] }),
          legend: "{{kind}}",
          absentUntil: "a track is found that nobody owns",
        },
      ],
    },
    {
      title: "Takedowns that are late, by what they are to come to",
      unit: "s",
      help: "0 where none is: see the alert SegueTakedownOverdue.",
      queries: [{ expr: told(ofCatalog.takedownOverdue, ["stage"]), legend: "{{stage}}" }],
    },
    {
      title: "Families of programs that made results of one version",
      unit: "short",
      help: "More than one: see the alert SegueToolsMixed.",
      queries: [
        {
          expr: told(ofCatalog.toolFamilies, ["step", "version", "tool"]),
          legend: "{{step}} {{version}} {{tool}}",
          absentUntil: "the reconciler's first look, minutes after a start",
        },
      ],
    },
  ],
};

export const deadLetters: Row = {
  title: "Dead letters",
  panels: [
    {
      title: "New dead letters, by step and code",
      unit: "short",
      isStacked: true,
      queries: [
        {
          expr: increase(ofCatalog.deadLetters, window, { by: ["step", "code"] }),
          legend: "{{step}} {{code}}",
          absentUntil: "a message is given up for good",
        },
      ],
    },
    {
      title: "Dead letters since its processes began",
      unit: "short",
      queries: [
        {
          expr: `sum by (step, code) (${ofCatalog.deadLetters.name})`,
          legend: "{{step}} {{code}}",
          absentUntil: "a message is given up for good",
        },
      ],
    },
  ],
};
