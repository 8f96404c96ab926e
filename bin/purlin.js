#!/bin/sh
":" //; self=$(readlink -f "$0"); root="${self%/bin/*}"; node="$root/node_modules/node/bin/node"; [ -x "$node" ] || { echo "purlin is not installed: run $root/bin/setup" >&2; exit 2; }; exec "$node" "$self" "$@"
// The two lines above make this file a shell script that hands itself to the Node.js runtime the project
// depends on (npm's `node` package), so that the machine's own Node version does not matter.

/*
 * The gate. It has to be understood by whatever Node.js it is given: no static import, no syntax of this decade.
 */
if (Number(process.versions.node.split(".")[0]) < 24) {
  refuse(`purlin needs Node.js 24 or newer, and this is ${process.version}: run bin/purlin.js itself, it finds its own`);
} else {
  start();
}

async function start() {
  const { enableCompileCache } = await import("node:module");
  // Beside the dependencies: in the machine's shared temporary folder, Node's default, others could plant code for us.
  enableCompileCache(process.argv[1].replace(/bin.purlin\.js$/, "node_modules/.cache/purlin"));
  try {
    await import("../dist/cli/main.js");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    refuse(`purlin is not built, or a dependency is missing: run ${process.argv[1].replace(/purlin\.js$/, "setup")}`);
  }
}

function refuse(line) {
  process.stderr.write(`${line}\n`);
  process.exitCode = 2;
}
