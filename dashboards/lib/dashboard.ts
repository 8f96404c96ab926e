/* eslint-disable @typescript-eslint/no-deprecated -- the v2 schema needs Grafana 12 or newer to be provisioned from files; v1 loads everywhere */
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
  type Dashboard,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { layout } from "./layout.ts";
import { panel } from "./panels.ts";
import type { DashboardSpec, Row } from "./signal.ts";

const datasource = { type: "prometheus", uid: "${datasource}" };

/** The dashboard of a spec, as Grafana's provisioning reads it. Uid and links are stable: `purlin-<noun>`. */
export function dashboard(spec: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(`purlin-${spec.noun}`)
    .description(spec.question)
    .tags(["purlin", spec.noun])
    .readonly()
    .timezone("browser")
    .refresh("30s")
    .time({ from: "now-1h", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("Components")
        .type(DashboardLinkType.Dashboards)
        .tags(["purlin"])
        .asDropdown(true)
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(labelVariable("env", "Environment", "label_values(up, env)"))
    .withVariable(labelVariable("cluster", "Platform", 'label_values(up{env="$env"}, cluster)'))
    .annotation(
      event(
        "Runs of purlin",
        "purple",
        'changes(purlin_run_finished_timestamp_seconds{env="$env",cluster="$cluster"}[2m]) > 0',
        "purlin {{command}}: {{result}}",
      ),
    )
    .annotation(
      event(
        "Restarts",
        "orange",
        'changes(process_start_time_seconds{env="$env",cluster="$cluster"}[2m]) > 0',
        "{{instance}} restarted",
      ),
    )
    .annotation(
      event(
        "Pages",
        "red",
        'ALERTS{alertstate="firing",severity="page",env="$env",cluster="$cluster"}',
        "{{alertname}}",
      ),
    );
  let line = 0;
  for (const row of spec.rows) line = addRow(builder, row, line);
  return builder.build();
}

/** Adds the row's title at `line` and its panels below; returns the first line after them. A folded row takes one line. */
function addRow(builder: DashboardBuilder, row: Row, line: number): number {
  const { places, bottom } = layout(row.signals, line + 1);
  const title = new RowBuilder(row.title).gridPos({ x: 0, y: line, w: 24, h: 1 }).collapsed(row.folded ?? false);
  const panels = places.map(({ signal, at }) => ({ build: () => ({ ...panel(signal).build(), gridPos: at }) }));
  if (row.folded) {
    for (const each of panels) title.withPanel(each);
    builder.withRow(title);
    return line + 1;
  }
  builder.withRow(title);
  for (const each of panels) builder.withPanel(each);
  return bottom;
}

function labelVariable(name: string, label: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

/** Prometheus annotations mark every step that returns a value, so the expression must be quiet between events. */
function event(name: string, color: string, expr: string, title: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(color)
    .expr(expr)
    .titleFormat(title);
}
