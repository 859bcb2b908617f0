import * as common from "@grafana/grafana-foundation-sdk/common";
import {
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  TooltipDisplayMode,
} from "@grafana/grafana-foundation-sdk/common";
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Panel, Row } from "./panel.ts";

const datasource = { type: "prometheus", uid: "$datasource" };

/** The dashboard as Grafana imports it; which Prometheus it asks is chosen in it. */
export function renderDashboard(rows: readonly Row[]): Dashboard {
  const builder = new DashboardBuilder("Segue")
    .uid("segue-fleet")
    .description("A fleet of Segue: what comes in, what becomes of it, what waits.")
    .tags(["segue"])
    .readonly()
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .timezone("browser")
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  let id = 0;
  for (const { title, panels } of rows) {
    builder.withRow(new RowBuilder(title).id(++id));
    for (const panel of panels) builder.withPanel(renderPanel(panel).id(++id));
  }
  return builder.build();
}

function renderPanel({ title, unit, queries, help, limit, isStacked }: Panel): PanelBuilder {
  const absent = queries.flatMap(({ absentUntil }) => absentUntil ?? []);
  const words = [help, absent.length > 0 && `Nothing is shown until ${absent.join("; until ")}.`];
  const panel = new PanelBuilder()
    .title(title)
    .description(words.filter(Boolean).join(" "))
    .unit(unit)
    .datasource(datasource)
    .span(8)
    .height(8)
    .lineWidth(1)
    .fillOpacity(isStacked ? 20 : 0)
    .legend(
      new common.VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .tooltip(new common.VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  if (isStacked) panel.stacking(new common.StackingConfigBuilder().mode(StackingMode.Normal));
  if (limit !== undefined) drawLimit(panel, limit);
  for (const [index, { expr, legend }] of queries.entries())
    panel.withTarget(
      new DataqueryBuilder()
        .refId(String.fromCharCode(65 + index))
        .datasource(datasource)
        .expr(expr)
        .legendFormat(legend)
        .range(),
    );
  return panel;
}

function drawLimit(panel: PanelBuilder, limit: number): void {
  const steps = [
    { value: null, color: "transparent" },
    { value: limit, color: "red" },
  ];
  panel
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps))
    .thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
}
