// A button that asks the browser for a passkey: data-passkey says for what, its other data which elements take part.
// Without a script, or in a browser that has no passkeys, the button stays hidden and the other way stays open.
for (const button of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential || !window.allauth) continue;
  const { passkey, credential, data, passwordless } = button.dataset;
  const names = { addForm: "add", loginForm: "login", authenticateForm: "authenticate" };
  const ids = { [names[passkey]]: button.id, credential, data };
  if (!data) delete ids.data;
  if (passwordless) ids.passwordless = passwordless;
  window.allauth.webauthn.forms[passkey]({ ids });
  button.closest("[hidden]")?.removeAttribute("hidden");
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const place of document.querySelectorAll("[data-passkey-fault]")) {
    place.textContent = place.dataset.passkeyFault;
  }
});
