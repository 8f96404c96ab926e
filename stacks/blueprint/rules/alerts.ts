import { hint } from "../suggest.ts";
import type { Rule } from "./rule.ts";

/** Alerts are sent to receivers that are there. */
export const receiversExist: Rule = ({ specs: { monitoring } }) => {
  const known = Object.keys(monitoring?.alerts.receivers ?? {});
  return (monitoring?.alerts.routes ?? []).flatMap(({ receiver }, index) => {
    if (known.includes(receiver)) return [];
    const message = `"${receiver}" is not in monitoring.alerts.receivers; ${hint(receiver, known, "known there")}`;
    return [{ path: ["monitoring", "alerts", "routes", index, "receiver"], message }];
  });
};

/** Alerts are matched by components that are there. */
export const alertComponentsExist: Rule = ({ specs: { monitoring }, declared }) => {
  const known = declared.filter((key) => !["name", "backend", "stacks"].includes(key));
  return (monitoring?.alerts.routes ?? []).flatMap(({ component }, index) => {
    if (component === undefined || known.includes(component)) return [];
    const message = `"${component}" is not part of this platform; ${hint(component, known, "its components")}`;
    return [{ path: ["monitoring", "alerts", "routes", index, "component"], message }];
  });
};
