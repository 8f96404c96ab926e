import { unbuilt } from "../../targets/unbuilt.ts";

export const aws = unbuilt("mail", "aws");
