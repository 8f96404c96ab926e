import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AxisColorMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  GraphThresholdsStyleConfigBuilder,
  ReduceDataOptionsBuilder,
  ScaleDistributionConfigBuilder,
  StackingConfigBuilder,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Panel,
  type Threshold,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StatesBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as LinesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { panelExpression, type Limits, type Query, type Signal } from "./signal.ts";

const datasource = { type: "prometheus", uid: "${datasource}" };

/** The panel of one signal: kind, unit, colours, legend and size all follow from the signal. */
export function panel(signal: Signal): Builder<Panel> {
  switch (signal.show) {
    case "stat":
      return stat(signal);
    case "lines":
      return lines(signal);
    case "stacked":
      return lines(signal).fillOpacity(30).stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    case "states":
      return states(signal);
    case "table":
      return table(signal);
  }
}

function stat(signal: Signal) {
  return new StatBuilder()
    .title(signal.title)
    .description(signal.description)
    .datasource(datasource)
    .unit(signal.unit)
    .noValue("no data")
    .colorMode(signal.limits ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .thresholds(thresholds(signal.limits))
    .mappings(mappings(signal.words))
    .targets(signal.queries.map((query, index) => rangeTarget(query, index)));
}

function lines(signal: Signal) {
  const builder = new LinesBuilder()
    .title(signal.title)
    .description(signal.description)
    .datasource(datasource)
    .unit(signal.unit)
    .noValue("no data")
    .min(0)
    .lineWidth(1)
    .fillOpacity(8)
    .showPoints(VisibilityMode.Never)
    .axisColorMode(AxisColorMode.Text)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(["mean", "max", "lastNotNull"]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .thresholds(thresholds(signal.limits))
    .scaleDistribution(new ScaleDistributionConfigBuilder().type(ScaleDistribution.Linear))
    .targets(signal.queries.map((query, index) => rangeTarget(query, index)));
  return signal.limits
    ? builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
    : builder;
}

function states(signal: Signal) {
  return new StatesBuilder()
    .title(signal.title)
    .description(signal.description)
    .datasource(datasource)
    .unit(signal.unit)
    .noValue("no data")
    .mergeValues(true)
    .showValue(VisibilityMode.Auto)
    .thresholds(thresholds(signal.limits))
    .mappings(mappings(signal.words))
    .targets(signal.queries.map((query, index) => rangeTarget(query, index)));
}

function table(signal: Signal) {
  return new TableBuilder()
    .title(signal.title)
    .description(signal.description)
    .datasource(datasource)
    .unit(signal.unit)
    .noValue("no data")
    .filterable(true)
    .thresholds(thresholds(signal.limits))
    .mappings(mappings(signal.words))
    .withTransformation({
      id: "organize",
      options: { excludeByName: { Time: true, __name__: true, env: true, cluster: true } },
    })
    .targets(
      signal.queries.map((query, index) =>
        new DataqueryBuilder()
          .datasource(datasource)
          .refId(refId(index))
          .expr(panelExpression(query.expr))
          .legendFormat(query.legend)
          .instant()
          .format(PromQueryFormat.Table),
      ),
    );
}

function rangeTarget(query: Query, index: number) {
  return new DataqueryBuilder()
    .datasource(datasource)
    .refId(refId(index))
    .expr(panelExpression(query.expr))
    .legendFormat(query.legend)
    .range();
}

/** A, B, C ... as Grafana names a panel's queries. */
function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}

function thresholds(limits: Limits | undefined): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps(limits));
}

/** Grafana colours a value by the last step it reaches, so a scale where low is bad starts red. */
function steps(limits: Limits | undefined): Threshold[] {
  if (limits === undefined) return [{ color: "green", value: null }];
  const rising: Threshold[] = [{ color: "green", value: null }];
  const { warn, critical } = limits;
  if (limits.when === "below") {
    const falling: Threshold[] = [{ color: critical === undefined ? "orange" : "red", value: null }];
    if (critical !== undefined) falling.push({ color: warn === undefined ? "green" : "orange", value: critical });
    if (warn !== undefined) falling.push({ color: "green", value: warn });
    return falling;
  }
  if (warn !== undefined) rising.push({ color: "orange", value: warn });
  if (critical !== undefined) rising.push({ color: "red", value: critical });
  return rising;
}

function mappings(words: Signal["words"]): ValueMapping[] {
  if (words === undefined) return [];
  const options = Object.fromEntries(Object.entries(words).map(([value, text], index) => [value, { text, index }]));
  return [{ type: MappingType.ValueToText, options }];
}
