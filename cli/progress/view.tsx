import { Box, Text } from "ink";
import type { ReactElement } from "react";
import { duration } from "../output/duration.ts";
import { countText } from "./counts.ts";
import type { ComponentView, RunModel, StepView } from "./model.ts";
import { operationWords } from "./words.ts";

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const mostSteps = 3;

interface RunViewProps {
  model: RunModel;
  /** Milliseconds since the epoch. */
  now: number;
}

/** A run at a glance: the phase, tools being fetched, and each component with its steps at work. */
export function RunView({ model, now }: RunViewProps): ReactElement {
  const width = Math.max(
    ...model.components.map(({ name }) => name.length),
    ...model.tools.map(({ tool }) => tool.length),
    0,
  );
  return (
    <Box flexDirection="column">
      <Text>
        <Text bold>{model.title}</Text>{" "}
        <Text dimColor>
          {model.phase} {seconds(now - model.startedAt)}
        </Text>
      </Text>
      {model.tools.map(({ tool, phase, source, detail }) => (
        <Text key={tool} wrap="truncate">
          <Spinner now={now} /> {tool.padEnd(width)}{" "}
          <Text dimColor>
            {phase} {source} {detail}
          </Text>
        </Text>
      ))}
      {model.tools.length === 0 &&
        model.components.map((component) => (
          <ComponentLines key={component.name} component={component} width={width} now={now} />
        ))}
      {model.notices.map(({ level, message }, index) => (
        <Text key={index} color={level === "warn" ? "yellow" : "cyan"}>
          {message}
        </Text>
      ))}
    </Box>
  );
}

function ComponentLines({
  component,
  width,
  now,
}: {
  component: ComponentView;
  width: number;
  now: number;
}): ReactElement {
  const { name, state, startedAt, endedAt, running, failed } = component;
  const elapsed = startedAt === undefined ? "" : seconds((state === "running" ? now : (endedAt ?? now)) - startedAt);
  const more = running.length - mostSteps;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        <Mark state={state} now={now} /> <Text dimColor={state === "waiting"}>{name.padEnd(width)}</Text>
        {"  "}
        <Text dimColor>
          {elapsed.padStart(6)} {summary(component)}
        </Text>
      </Text>
      {failed.map((step) => (
        <Text key={step.name} color="red">
          {"    "}
          {step.name}: {step.message ?? "failed"}
        </Text>
      ))}
      {running.slice(0, mostSteps).map((step) => (
        <Text key={step.name} dimColor wrap="truncate">
          {"    "}
          {stepText(step)} {seconds(now - step.startedAt)}
        </Text>
      ))}
      {more > 0 && <Text dimColor>{`    and ${more} more`}</Text>}
    </Box>
  );
}

function Mark({ state, now }: { state: ComponentView["state"]; now: number }): ReactElement {
  switch (state) {
    case "waiting":
      return <Text dimColor>·</Text>;
    case "running":
      return <Spinner now={now} />;
    case "done":
      return <Text color="green">✓</Text>;
    case "failed":
      return <Text color="red">✗</Text>;
    case "interrupted":
      return <Text color="yellow">-</Text>;
  }
}

function Spinner({ now }: { now: number }): ReactElement {
  return <Text color="cyan">{frames[Math.floor(now / 100) % frames.length]}</Text>;
}

function summary({ state, counts }: ComponentView): string {
  if (state === "waiting" || state === "interrupted") return state;
  const { same, read, ...changes } = counts;
  if (Object.values(changes).some((count) => count > 0)) return countText({ ...changes, same: 0, read: 0 });
  return same + read > 0 ? "no change" : "";
}

function stepText({ name, operation, reasons: [why] }: StepView): string {
  return `${operationWords[operation].running} ${name}${why === undefined ? "" : ` (${why})`}`;
}

function seconds(milliseconds: number): string {
  return duration(Math.max(0, milliseconds) / 1000);
}
