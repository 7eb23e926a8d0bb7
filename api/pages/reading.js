"use strict";
// Shows /openapi.json as one page to read and print. Everything of the document is set as text, never as markup.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Words with `code` in them, as the descriptions have.
function words(name, text) {
  const made = element(name);
  text.split("`").forEach((part, at) => made.append(at % 2 ? element("code", part) : part));
  return made;
}

function resolve(schema, all) {
  const reference = schema?.$ref;
  return reference ? all.components.schemas[decodeURIComponent(reference.split("/").pop())] ?? {} : schema ?? {};
}

function typeName(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const options = schema.oneOf ?? schema.anyOf;
  if (options) return options.map(typeName).join(" | ");
  const types = [schema.type ?? (schema.const !== undefined ? JSON.stringify(schema.const) : "any")].flat();
  const items = schema.items ? ` of ${typeName(schema.items)}` : "";
  return types.map((type) => (type === "array" ? `array${items}` : type)).join(" | ") + (schema.format ? ` (${schema.format})` : "");
}

function table(heads, rows) {
  const made = element("table");
  const head = made.appendChild(element("thead")).appendChild(element("tr"));
  for (const text of heads) head.append(element("th", text, { scope: "col" }));
  const body = made.appendChild(element("tbody"));
  for (const cells of rows) {
    const row = body.appendChild(element("tr"));
    cells.forEach((text, at) => row.appendChild(element("td")).append(at < 2 ? element("code", text) : words("span", text)));
  }
  const scroll = element("div", undefined, { class: "scroll", tabindex: "0", role: "group", "aria-label": heads.join(", ") });
  scroll.append(made);
  return scroll;
}

function fieldsOf(schema, all, prefix = "", depth = 0) {
  const found = resolve(schema, all);
  const rows = [];
  for (const [name, property] of Object.entries(found.properties ?? {})) {
    rows.push([prefix + name, typeName(property), property.description ?? resolve(property, all).description ?? ""]);
    const inner = property.items ? property.items : property;
    if (depth < 2 && resolve(inner, all).properties) rows.push(...fieldsOf(inner, all, `${prefix}${name}${property.items ? "[]" : ""}.`, depth + 1));
  }
  return rows;
}

function bodyOf(content) {
  return content?.["application/json"]?.schema;
}

function describe(path, method, operation, all) {
  const made = element("section", undefined, { id: operation.operationId ?? `${method}-${path}` });
  made.append(element("h2", operation.summary ?? operation.operationId ?? path));
  const line = element("p");
  line.append(element("code", `${method.toUpperCase()} ${path}`));
  made.append(line);
  if (operation.description) made.append(words("p", operation.description));
  made.append(element("p", operation.security ? "Needs an access token." : "Open.", { class: "quiet" }));
  if (operation.parameters?.length) {
    made.append(element("h3", "Parameters"));
    made.append(table(["name", "type", "meaning"], operation.parameters.map((each) => [each.name, typeName(each.schema), each.description ?? ""])));
  }
  const sent = bodyOf(operation.requestBody?.content);
  const options = sent?.oneOf?.filter((each) => each.type !== "null") ?? (sent ? [sent] : []);
  for (const each of options) {
    const fields = fieldsOf(each, all);
    if (fields.length) made.append(element("h3", "Body"), table(["field", "type", "meaning"], fields));
  }
  for (const [code, answer] of Object.entries(operation.responses ?? {})) {
    made.append(words("h3", `${code}: ${answer.description ?? ""}`));
    const fields = code.startsWith("2") ? fieldsOf(bodyOf(answer.content), all) : [];
    if (fields.length) made.append(table(["field", "type", "meaning"], fields));
  }
  return made;
}

function show(all) {
  const target = document.getElementById("document");
  const contents = document.getElementById("contents");
  target.replaceChildren(element("h1", `${all.info.title} API`), words("p", all.info.description ?? ""));
  const byTag = new Map();
  for (const [path, item] of Object.entries(all.paths)) {
    for (const method of METHODS.filter((each) => item[each])) {
      const tag = item[method].tags?.[0] ?? "other";
      byTag.set(tag, [...(byTag.get(tag) ?? []), [path, method, item[method]]]);
    }
  }
  for (const [tag, operations] of byTag) {
    contents.append(element("h2", tag));
    for (const [path, method, operation] of operations) {
      const section = describe(path, method, operation, all);
      target.append(section);
      contents.append(element("a", operation.summary ?? path, { href: `#${section.id}` }));
    }
  }
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

fetch("/openapi.json")
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`the server answered ${answer.status}`))))
  .then(show)
  .catch((error) => {
    document.querySelector("[role=status]").textContent = `The document cannot be shown: ${error.message}. Reload the page.`;
  });
