/*
 * Forms that a passkey fills in (Web Authentication, level 3): `data-passkey` says whether one is made ("create") or
 * used ("get"), `data-options` where the request for it is. With `data-autofill` the browser also offers passkeys where the
 * address is typed in. Without passkeys in the browser the forms stay hidden.
 */
const { AbortController, AbortSignal, document, fetch, navigator, PublicKeyCredential } = globalThis;

const parsers = {
  create: "parseCreationOptionsFromJSON",
  get: "parseRequestOptionsFromJSON",
};

/** Milliseconds after which an offer is made anew: less than a challenge lives. */
const renewal = 240_000;

/** Ends the offer: a browser takes one request at a time. */
const offer = new AbortController();

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  if (!PublicKeyCredential?.[parsers[kind]]) continue;
  form.hidden = false;
  form.closest("[data-passkey-section]")?.removeAttribute("hidden");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    offer.abort();
    void fill(form, kind);
  });
  if (form.dataset.autofill !== undefined) void offerAutofill(form);
}

async function fill(form, kind) {
  const status = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  status.textContent = "";
  button.disabled = true;
  try {
    await ask(form, kind);
  } catch (error) {
    button.disabled = false;
    status.textContent =
      error.name === "InvalidStateError"
        ? "This device already has a passkey for your account."
        : "That did not work. Try again, or use another way.";
  }
}

/** Waits until somebody chooses a passkey from what the browser suggests for the address. Nobody asked, so nothing is said when it fails. */
async function offerAutofill(form) {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  for (let over = false; !over;) {
    const signal = AbortSignal.any([offer.signal, AbortSignal.timeout(renewal)]);
    over = await ask(form, "get", { mediation: "conditional", signal }).then(
      () => true,
      () => signal.reason?.name !== "TimeoutError",
    );
  }
}

async function ask(form, kind, how = {}) {
  const answer = await fetch(form.dataset.options, { method: "POST" });
  if (!answer.ok) throw new Error(`the options answer ${answer.status}`);
  const publicKey = PublicKeyCredential[parsers[kind]](await answer.json());
  const credential = await navigator.credentials[kind]({ publicKey, ...how });
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.submit();
}
