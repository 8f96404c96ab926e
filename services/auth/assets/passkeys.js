/*
 * Forms that a passkey fills in (Web Authentication, level 3): `data-passkey` says whether one is made ("create") or
 * used ("get"), `data-options` where the request for it is. Without passkeys in the browser the forms stay hidden.
 */
const { document, fetch, navigator, PublicKeyCredential } = globalThis;

const parsers = {
  create: "parseCreationOptionsFromJSON",
  get: "parseRequestOptionsFromJSON",
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const kind = form.dataset.passkey;
  const parser = parsers[kind];
  if (!PublicKeyCredential?.[parser]) continue;
  form.hidden = false;
  form.closest("[data-passkey-section]")?.removeAttribute("hidden");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void fill(form, kind, parser);
  });
}

async function fill(form, kind, parser) {
  const status = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  status.textContent = "";
  button.disabled = true;
  try {
    const answer = await fetch(form.dataset.options, { method: "POST" });
    if (!answer.ok) throw new Error(`the options answer ${answer.status}`);
    const publicKey = PublicKeyCredential[parser](await answer.json());
    const credential = await navigator.credentials[kind]({ publicKey });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    button.disabled = false;
    status.textContent =
      error.name === "InvalidStateError"
        ? "This device already has a passkey for your account."
        : "That did not work. Try again, or use another way.";
  }
}
