// Which calls Blob Storage gets, one JSON line each: loaded by Node.js before Azurite (--require).
// Anonymous ones are users', checkers' and sentries', and want no right; those with the account's key are the lab's.
"use strict";
const fs = require("fs");
const https = require("https");

const LINES = "{{ lines }}";

function line(request) {
  const url = new URL(request.url, "https://blob");
  return {
    at: Date.now() / 1000,
    cloud: "azure",
    service: "blob",
    method: request.method,
    path: url.pathname,
    comp: url.searchParams.get("comp") || "",
    restype: url.searchParams.get("restype") || "",
    action: request.headers["x-ms-lease-action"] || "",
    copies: Boolean(request.headers["x-ms-copy-source"]),
  };
}

const create = https.createServer;
https.createServer = function (...settings) {
  const server = create.apply(this, settings);
  const emit = server.emit;
  server.emit = function (event, request) {
    if (event === "request" && (request.headers.authorization || "").startsWith("Bearer ")) {
      fs.appendFileSync(LINES, JSON.stringify(line(request)) + "\n");
    }
    return emit.apply(this, arguments);
  };
  return server;
};
