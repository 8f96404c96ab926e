import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import * as pulumi from "@pulumi/pulumi";
import { mkdtempSync, chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { File } from "../../../../dist/stacks/targets/local/resources/file.js";
import { Directory } from "../../../../dist/stacks/targets/local/resources/directory.js";
import { Process } from "../../../../dist/stacks/targets/local/resources/process.js";
import { Task } from "../../../../dist/stacks/targets/local/resources/task.js";
import { fingerprint } from "../../../../dist/stacks/targets/local/resources/fingerprint.js";
import { stackHome } from "../../../../dist/stacks/home/home.js";
import { describeChange } from "../../../../dist/stacks/targets/local/resources/change.js";
import { providerEnvironment } from "../../../../dist/stacks/targets/local/provider/environment.js";
import { stopAll } from "../../../../dist/stacks/targets/local/supervisor/stop-all.js";
const dir = mkdtempSync("/tmp/pt-"); chmodSync(dir, 0o711);
const home = stackHome(dir);
mkdirSync(home.stateDir, {recursive:true}); mkdirSync(home.pulumiDir, {recursive:true});
let body = "hello";
let cmd = ["/bin/sh", "-c", "exec python3 -m http.server 18765 --bind 127.0.0.1"];
const program = async () => {
  const d = new Directory("d", { path: home.configDir + "/web", holds: "scratch" });
  const f = new File("f", { path: home.configDir + "/web/index.html", content: pulumi.secret(body) }, { dependsOn: d });
  const t = new Task("t", { component: "web", command: ["/bin/sh", "-c", "cat; id -un; echo $X"], env: { X: "1" }, input: { pw: "canary" }, timeoutSeconds: 5 }, { dependsOn: f });
  const p = new Process("web", { component: "web", command: cmd, cwd: home.configDir + "/web", env: { S: pulumi.secret("canary2") }, stop: { signal: "TERM", timeoutSeconds: 5 }, ready: { kind: "http", url: "http://127.0.0.1:18765/" }, startTimeoutSeconds: 5, restartOn: { "index.html": fingerprint(pulumi.secret(body)) } }, { dependsOn: [t] });
};
const stack = await LocalWorkspace.createOrSelectStack({ stackName: "dev", projectName: "trial", program }, {
  workDir: home.pulumiDir, pulumiHome: home.pulumiDir,
  pulumiCommand: await (await import("@pulumi/pulumi/automation/index.js")).PulumiCommand.get({ root: "/tmp/try/go" }),
  projectSettings: { name: "trial", runtime: "nodejs", backend: { url: "file://" + home.stateDir }, plugins: { providers: [{ name: "purlin", path: "/work/main/stacks/targets/local/provider/plugin" }] } },
  envVars: { PULUMI_CONFIG_PASSPHRASE: "x", PULUMI_SKIP_CHECKPOINTS: "true", PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true", PULUMI_IGNORE_AMBIENT_PLUGINS: "true", ...providerEnvironment({ home, user: "purlin", supervisord: "/tmp/try/sup/supervisord", node: process.execPath, removeData: true }) },
});
const onEvent = (e) => {
  const m = e.resourcePreEvent?.metadata; if (m && m.op !== "same") console.log("  ", m.op, m.type, m.diffs, m.detailedDiff, m.diffs ? describeChange(m.type, m.op, m.diffs) : "");
  const d = e.diagnosticEvent; if (d && d.severity !== "debug") console.log("  DIAG", d.severity, d.message);
  if (e.resOpFailedEvent) console.log("  FAILED", JSON.stringify(e.resOpFailedEvent.status), e.resOpFailedEvent.metadata.urn);
};
const step = async (label, fn) => { const s = performance.now(); console.log(label); try { const r = await fn(); console.log(label, Math.round(performance.now() - s), JSON.stringify(r?.changeSummary ?? r?.summary?.resourceChanges)); } catch (e) { console.log("ERR", e.constructor.name); } };
await step("preview", () => stack.preview({ onEvent }));
await step("up", () => stack.up({ onEvent }));
await step("preview", () => stack.preview({ onEvent }));
writeFileSync(home.configDir + "/web/index.html", "edited");
await step("preview drift", () => stack.preview({ onEvent }));
body = "hello 2";
await step("up", () => stack.up({ onEvent }));
await step("stopAll", () => stopAll(home));
await step("preview stopped", () => stack.preview({ onEvent }));
await step("up", () => stack.up({ onEvent }));
cmd = ["/bin/sh", "-c", "echo about to fail; exit 3"];
await step("up failing", () => stack.up({ onEvent }));
await step("preview", () => stack.preview({ onEvent }));
cmd = ["/bin/sh", "-c", "exec python3 -m http.server 18765 --bind 127.0.0.1"];
await step("up", () => stack.up({ onEvent }));
const st = JSON.stringify(await stack.exportStack()); console.log("canary in state:", st.includes("canary"), st.includes("hello"));
await step("destroy", () => stack.destroy({ onEvent }));
await stopAll(home);
console.log(dir);
