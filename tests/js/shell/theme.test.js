import assert from "node:assert/strict";
import { test } from "node:test";
import { asTheme, cookieLine, cookieValue } from "../../../static/js/theme.js";

test("a cookie is found among others and decoded", () => {
  assert.equal(cookieValue("a=1; time_zone=Asia%2FKathmandu; theme=dark", "time_zone"), "Asia/Kathmandu");
});

test("a cookie whose name only ends alike is not taken", () => {
  assert.equal(cookieValue("mytheme=dark", "theme"), "");
});

test("following the device again forgets the cookie", () => {
  assert.equal(cookieLine("theme", "", true), "theme=; path=/; max-age=0; samesite=lax; secure");
});

test("an unknown theme means the device decides", () => {
  assert.equal(asTheme("purple"), "auto");
  assert.equal(asTheme("dark"), "dark");
});
