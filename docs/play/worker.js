// Python in its own worker, so that a program that runs for ever leaves the page alive.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const ready = (async () => {
  const [python, packages] = await Promise.all([
    loadPyodide({ indexURL: "./pyodide/" }),
    fetch("./python.zip").then((answer) => answer.arrayBuffer()),
  ]);
  python.unpackArchive(packages, "zip", { extractDir: "/lib/chainrule" });
  python.runPython("import sys; sys.path.insert(0, '/lib/chainrule'); import show");
  return python;
})();

ready.then(
  (python) => postMessage({ ready: true, version: python.runPython("sys.version.split()[0]") }),
  (error) => postMessage({ fatal: String(error) }),
);

/**
 * NumPy is loaded when a program first asks for it, where the site has it.
 * @param {string} name
 * @param {import("./pyodide/pyodide.mjs").Python} python
 */
async function load(name, python) {
  const { packages } = await fetch("./pyodide/pyodide-lock.json").then((answer) => answer.json());
  if (!(name in packages)) return false;
  await python.loadPackage(name, { messageCallback: () => {} });
  return true;
}

onmessage = async ({ data }) => {
  const python = await ready;
  try {
    const show = python.pyimport("show");
    const answer = () => JSON.parse(show.answer(JSON.stringify(data.task)));
    let found = answer();
    if (found.missing && (await load(found.missing, python))) found = answer();
    postMessage({ id: data.id, answer: found });
  } catch (error) {
    postMessage({ id: data.id, fatal: String(error) });
  }
};
