// Blob Storage that is busy while ORDER is there: loaded by Node.js before Azurite (--require).
// Of each four requests for the same thing the first is refused; see lab/throttle.py.
"use strict";
const fs = require("fs");
const https = require("https");

const ORDER = "{{ order }}";
const EVERY = {{ every }};
// 429 is what a gateway in front of the account says; the others are the account's own.
const REFUSALS = [
  [429, "TooManyRequests", "Too many requests. Try again later."],
  [503, "ServerBusy", "The server is busy."],
  [500, "OperationTimedOut", "Operation could not be completed within the specified time."],
];
const asked = new Map();
let refused = 0;

function refusal(request) {
  if (!fs.existsSync(ORDER)) return null;
  const url = new URL(request.url, "https://blob");
  const thing = [request.method, url.pathname, url.searchParams.get("comp")].join(" ");
  const times = (asked.get(thing) || 0) + 1;
  asked.set(thing, times);
  return times % EVERY === 1 ? REFUSALS[refused++ % REFUSALS.length] : null;
}

function refuse(request, response, [status, code, message]) {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  // The answer waits for the end of the question: a client that still sends would take it for a broken connection.
  request.resume();
  request.on("end", () => {
    const headers = { "Content-Type": "application/xml", "Content-Length": Buffer.byteLength(body) };
    response.writeHead(status, { ...headers, "x-ms-error-code": code, "Retry-After": "{{ retry_after }}" });
    response.end(request.method === "HEAD" ? undefined : body);
  });
}

const create = https.createServer;
https.createServer = function (...settings) {
  const server = create.apply(this, settings);
  const emit = server.emit;
  server.emit = function (event, request, response) {
    const busy = event === "request" ? refusal(request) : null;
    if (!busy) return emit.apply(this, arguments);
    refuse(request, response, busy);
    return true;
  };
  return server;
};
