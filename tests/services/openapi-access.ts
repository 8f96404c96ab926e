import { describe, expect, test } from "vitest";
import { builtInRoles } from "@purlin/kit/permissions";
import { fixtureOf, idsOf, send, type Credentials, type Subject } from "./openapi-calls.ts";

export interface AccessSubject extends Subject {
  /** A member with the role viewer. */
  viewer: Credentials;
  /** May do everything, in another organisation. */
  stranger: Credentials;
  strangersOrganisation: string;
  /** Another existing thing of the same organisation, by parameter of a path. */
  siblings: Record<string, string>;
  /** Changes when anything in the organisation changes. */
  fingerprint: () => Promise<string>;
}

/**
 * Object-level authorisation of every operation that names something in its path, generated from the document. Each
 * refusal is also looked at from the other side: nothing has changed.
 */
export function testAccess(subject: AccessSubject): void {
  const { document, url } = subject;

  const operations = document.operations.filter(({ parameters }) =>
    parameters.some(({ in: place }) => place === "path"),
  );

  describe.each(operations)("$operationId", (operation) => {
    /** Sends a good request, changed by `change`, as somebody else. */
    const attempt = async (caller: Credentials | undefined, change: Record<string, string> = {}) => {
      const call = await fixtureOf(subject, operation).call();
      const before = await subject.fingerprint();
      const answer = await send(url, operation, { ...call, params: { ...call.params, ...change } }, caller);
      return { ...answer, changed: (await subject.fingerprint()) !== before };
    };

    test("does not exist for another organisation", async () => {
      const { status, text, changed } = await attempt(subject.stranger);
      expect([status, changed], text).toEqual([404, false]);
    });

    if (idsOf(operation).length > 0)
      test("shows a stranger nothing under their own organisation", async () => {
        const { status, text, changed } = await attempt(subject.stranger, {
          organisationId: subject.strangersOrganisation,
        });
        expect([status, changed], text).toEqual([404, false]);
      });

    const { "x-permission": permission } = operation;

    if (permission !== undefined)
      test("asks a viewer for the permission", async () => {
        const mayCall = builtInRoles.viewer.some((granted) => granted === permission);
        const { status, text, changed } = await attempt(subject.viewer);
        if (mayCall) expect(status, text).toBeLessThan(300);
        else expect([status, changed], text).toEqual([403, false]);
      });

    if (permission !== undefined)
      test("asks a member without permissions for one", async () => {
        const { status, text, changed } = await attempt(subject.powerless);
        expect([status, changed], text).toEqual([403, false]);
      });

    test("asks who is there", async () => {
      const { status, text, changed } = await attempt(undefined);
      expect([status, changed], text).toEqual([401, false]);
    });

    // with an id of the client's own choice, something is made wherever it may be
    const parents = operation.method === "put" ? [] : idsOf(operation).slice(0, -1);
    for (const parent of parents) {
      test(`finds nothing under another ${parent}`, async () => {
        const sibling = subject.siblings[parent];
        if (sibling === undefined) throw new Error(`there is no sibling for ${parent}: name another one that exists`);
        const { status, text, changed } = await attempt(subject.owner, { [parent]: sibling });
        expect([[404, 409].includes(status), changed], text).toEqual([true, false]);
      });
    }
  });
}
