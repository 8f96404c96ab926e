#!/bin/sh
":" //; self=$(readlink -f "$0"); exec "${self%/bin/*}/node_modules/node/bin/node" "$self" "$@"
// The two lines above make this file a shell script that hands itself to the Node.js runtime the project
// depends on (npm's `node` package), so that the machine's own Node version does not matter.
import { enableCompileCache } from "node:module";

const [major] = process.versions.node.split(".").map(Number);
if (major < 24) {
  process.stderr.write(`purlin needs Node.js 24 or newer; this is ${process.version}. Run bin/purlin.js directly.\n`);
  process.exit(2);
}
enableCompileCache();
await import("../dist/cli/main.js");
