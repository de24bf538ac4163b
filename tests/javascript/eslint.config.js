// Scripts without modules: a page holds several, one after another, in one function. Whether a name exists at all
// is what TypeScript checks.
const js = require("@eslint/js");

module.exports = [
  {
    ...js.configs.recommended,
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "script" },
    rules: {
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
    },
  },
];
