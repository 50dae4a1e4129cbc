import assert from "node:assert/strict";
import { test } from "node:test";
import { asToast, stay } from "../../../static/js/toasts.js";

test("a refusal from the server becomes an error toast", () => {
  assert.deepEqual(asToast({ kind: "error", message: "The room is full." }), { kind: "error", message: "The room is full." });
});

test("a plain string, as htmx wraps it, becomes an information", () => {
  assert.deepEqual(asToast({ value: "Saved." }), { kind: "info", message: "Saved." });
});

test("nothing to say makes no toast", () => {
  assert.equal(asToast({ kind: "error", message: "  " }), null);
  assert.equal(asToast(null), null);
  assert.equal(asToast({ message: 7 }), null);
});

test("an error stays until it is closed, and a long text longer than a short one", () => {
  assert.equal(stay({ kind: "error", message: "No." }), Infinity);
  assert.ok(stay({ kind: "info", message: "x".repeat(200) }) > stay({ kind: "info", message: "Saved." }));
});
