"use strict";

// The link of `clearsignal sign-in` carries its code in the fragment, which browsers never send.
function takeCode() {
  const [route, query] = location.hash.slice(1).split("?");
  if (route !== "/sign-in") return null;
  history.replaceState(null, "", location.pathname); // a code works once: neither history nor a reload shall hold it
  return new URLSearchParams(query).get("code");
}

async function signIn(code, ui) {
  const said = document.getElementById("signed-in");
  const request = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ code }) };
  try {
    const answer = await (await fetch("/api/v1/auth/sign-in-code", request)).json();
    if (answer.success) {
      const minutes = Math.round(answer.data.expires_in / 60);
      ui.preauthorizeApiKey("accessToken", answer.data.access_token);
      said.textContent = `Signed in as ${answer.data.role} for ${minutes} minutes: “Try it out” works below.`;
    } else {
      said.textContent = answer.error.message;
    }
  } catch {
    said.textContent = "The API did not answer. Do: clearsignal status, then a new link by clearsignal sign-in.";
  }
}

// Swagger UI over our own document. The validator badge would call another server, so it is off.
const code = takeCode();
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
  onComplete: () => code && signIn(code, ui),
});
