import type { WriteStream } from "node:tty";
import { render } from "ink";
import type { Reporter, RunEvent } from "./event.ts";
import { advance, startModel } from "./model.ts";
import { RunView } from "./view.tsx";

const frameMilliseconds = 100;

/** The live view of a run, redrawn on every event and ten times a second for its clocks. */
export function liveReporter(
  stream: WriteStream,
  { title, components, now }: { title: string; components: readonly string[]; now: () => number },
): Reporter {
  let model = startModel(title, components, now());
  const draw = () => <RunView model={model} now={now()} />;
  const app = render(draw(), { stdout: stream, exitOnCtrlC: false, patchConsole: false, interactive: true });
  const timer = setInterval(() => app.rerender(draw()), frameMilliseconds);
  return {
    report(event: RunEvent) {
      model = advance(model, event, now());
    },
    async close() {
      clearInterval(timer);
      app.rerender(draw());
      app.unmount();
      await app.waitUntilExit();
    },
  };
}
