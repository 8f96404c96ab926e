import { unbuilt } from "../../targets/unbuilt.ts";

export const aws = unbuilt("redis", "aws");
