import { registerHooks } from "node:module";

/*
 * The Pulumi SDK can turn JavaScript functions into text, and for that loads npm's Arborist and the TypeScript compiler
 * at every start: two thirds of its loading time, which every command pays. We never do, so neither is loaded. Imported
 * for its effect, before anything imports the SDK.
 */

const unused = new Set(["@npmcli/arborist", "normalize-package-data", "../../typescript-shim"]);

registerHooks({
  resolve(specifier, context, next) {
    const isUnused = unused.has(specifier) && context.parentURL?.includes("/@pulumi/pulumi/runtime/closure/");
    // Any module that costs nothing stands in: nobody calls into it.
    return isUnused ? { url: "node:path", format: "builtin", shortCircuit: true } : next(specifier, context);
  },
});
