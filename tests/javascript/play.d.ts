// What the playground's modules are handed from outside: the bundle of editor.js, and libraries from npm.

declare module "*/editor.bundle.js" {
  export function editor(parent: HTMLElement, run: () => void): { text: string; focus: () => void };
}
declare module "*/pyodide.mjs" {
  export { loadPyodide, type PyodideAPI as Python } from "pyodide";
}
declare module "node:fs" {
  export function readFileSync(path: string): Uint8Array<ArrayBuffer>;
  export function writeFileSync(path: string, content: Uint8Array): void;
}
declare const process: { argv: string[] };
declare const temml: typeof import("temml");

type Tab = "expression" | "program";
type Numbers = Record<string, number>;
type Task = { text: string; values: Numbers } | { program: string };

/** What Python answers; `show.py` makes it. */
interface Shown {
  kind: "page" | "latex" | "text" | "error";
  content: string;
  size?: "screen";
}
interface Row {
  name: string;
  value: number;
  grad: number;
  learnt: boolean;
}
interface Computed {
  latex: string;
  values: Row[];
  shown: Shown[];
}
interface Refused {
  error: string;
}
interface Ran {
  shown: Shown[];
  error: string | null;
  missing: string;
}

/** The elements of the playground's page, by their ids. */
type Buttons = Record<`tab-${Tab}` | "descend" | "download" | "link" | "reset" | "run" | "stop", HTMLButtonElement>;
type Parts = Record<Tab | `for-${Tab}` | "echo" | "editor" | "output" | "status" | "values", HTMLElement>;
interface Elements extends Buttons, Parts {
  examples: HTMLSelectElement;
  gradients: HTMLTableElement;
  text: HTMLInputElement;
}
