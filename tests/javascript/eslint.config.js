// The pages' scripts are no modules: a page holds several, one after another, in one function. Whether a name exists
// at all is what TypeScript checks there. The playground's are modules.
const js = require("@eslint/js");

const rules = {
  ...js.configs.recommended.rules,
  "no-undef": "off",
  "no-unused-vars": ["error", { vars: "local", argsIgnorePattern: "^_" }],
  "no-var": "error",
  "prefer-const": "error",
  eqeqeq: "error",
  curly: ["error", "multi-line"],
  "no-shadow": "off",
  "no-implicit-globals": "off",
  "no-restricted-properties": ["error", { property: "outerHTML", message: "what is made is made of elements and text" }],
};

const BROWSER = `
  Blob CompressionStream DecompressionStream Option ResizeObserver Response TextDecoder URL URLSearchParams Worker
  addEventListener atob btoa document fetch history location navigator onmessage parent postMessage temml
`;
const NODE = "process";

/** @param {string} names */
const globals = (names) => Object.fromEntries(names.trim().split(/\s+/).map((name) => [name, "readonly"]));

const modules = {
  ecmaVersion: 2023, sourceType: "module",
  globals: { ...globals(`${BROWSER} ${NODE}`), onmessage: "writable" },
};

module.exports = [
  { files: ["engine/**/*.js", "nn/**/*.js"], languageOptions: { ecmaVersion: 2023, sourceType: "script" }, rules },
  {
    files: ["docs/play/*.js", "docs/play/*.mjs"],
    languageOptions: modules,
    rules: { ...rules, "no-undef": "error", "no-unused-vars": ["error", { argsIgnorePattern: "^_" }], "no-shadow": "error", "no-use-before-define": ["error", { functions: false, variables: false }] },
  },
];
