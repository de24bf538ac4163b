// What the playground's modules are handed from outside: the bundle of editor.js, and libraries from npm.

declare module "*/editor.bundle.js" {
  export function editor(parent: HTMLElement, run: () => void): { text: string; focus: () => void };
}
declare module "*/pyodide.mjs" {
  export function loadPyodide(options: { indexURL: string }): Promise<Python>;
}
interface Python {
  unpackArchive: (archive: ArrayBuffer, kind: "zip", options: { extractDir: string }) => void;
  runPython: (code: string) => any;
  loadPackage: (name: string, options: { messageCallback: (text: string) => void }) => Promise<unknown>;
  pyimport: (name: "show") => { answer: (task: string) => string };
}
declare const temml: {
  render: (latex: string, element: Element, options: { displayMode: boolean; throwOnError: boolean }) => void;
  renderToString: (latex: string) => string;
};
