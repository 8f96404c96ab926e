import { describe, expect, test } from "vitest";
import { dropModel, organisationOf, predict, summarise, train } from "./statements.ts";

const names = { MINDSDB_DATA_SOURCE: "app", MINDSDB_PROJECT: "forecast", MINDSDB_ENGINE: "work_1" };
const organisation = "01890a5d-ac96-774b-bcce-b302099a8057";

const statements: [string, (organisation: string) => string][] = [
  ["train", (one) => train(names, one)],
  ["predict", (one) => predict(names, one)],
  ["summarise", (one) => summarise(names, one, "summary", 5)],
  ["dropModel", (one) => dropModel(names, one)],
];

describe.each(statements)("%s", (_, statement) => {
  test("names one organisation, and no other", () => {
    const named = statement(organisation).match(/[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}/g) ?? [];
    expect(new Set(named.map((name) => name.replaceAll("-", "")))).toEqual(new Set([organisation.replaceAll("-", "")]));
  });

  test.each([
    "",
    "' OR '1'='1",
    `${organisation}' OR TRUE --`,
    `${organisation}\n`,
    organisation.toUpperCase(),
    "01890a5d-ac96-774b-bcce-b302099a805`",
  ])("lets nothing but a uuid in: %j", (injected) => {
    expect(() => statement(injected)).toThrow("a uuid");
  });
});

test("predictions are joined in SQL, of the weeks of the organisation alone", () => {
  expect(predict(names, organisation)).toContain(
    "FROM `app`.`analytics`.`upcoming_weeks` AS t\n" +
      "JOIN `forecast`.`work_01890a5dac96774bbcceb302099a8057` AS m\n" +
      `WHERE t.organisation_id = '${organisation}'`,
  );
});

test("a model's name tells whose it is", () => {
  expect(organisationOf("work_01890a5dac96774bbcceb302099a8057")).toBe(organisation);
  expect(organisationOf("summary")).toBeUndefined();
});
