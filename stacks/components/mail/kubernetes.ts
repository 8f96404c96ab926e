import { unbuilt } from "../../targets/unbuilt.ts";

export const kubernetes = unbuilt("mail", "kubernetes");
