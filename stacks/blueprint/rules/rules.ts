import type { Finding } from "../problem.ts";
import { portsAreDistinct, routesAreDistinct, routesHaveGateway } from "./addresses.ts";
import { alertComponentsExist, receiversExist } from "./alerts.ts";
import { poolsFit } from "./connections.ts";
import { bucketsExist, claimsAreDistinct, databasesExist, needsArePresent } from "./needs.ts";
import type { Rule, Sections } from "./rule.ts";
import { envIsFree, foldersExist, migrationsHaveOwner, serviceNamesAreFree } from "./services.ts";

const rules: readonly Rule[] = [
  needsArePresent,
  databasesExist,
  bucketsExist,
  claimsAreDistinct,
  poolsFit,
  routesHaveGateway,
  routesAreDistinct,
  portsAreDistinct,
  serviceNamesAreFree,
  foldersExist,
  migrationsHaveOwner,
  envIsFree,
  receiversExist,
  alertComponentsExist,
];

/** What is wrong with a blueprint whose sections are each right on their own. */
export function ruleFindings(input: Sections): Finding[] {
  return rules.flatMap((rule) => rule(input));
}
