// Python in a worker of its own, so that a program that runs for ever leaves the page alive.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const ready = (async () => {
  const [python, packages, show] = await Promise.all([
    loadPyodide({ indexURL: "./pyodide/" }),
    fetch("./python.zip").then((answer) => answer.arrayBuffer()),
    fetch("./show.py").then((answer) => answer.text()),
  ]);
  python.unpackArchive(packages, "zip", { extractDir: "/lib/chainrule" });
  python.FS.writeFile("/lib/chainrule/show.py", show);
  python.runPython("import sys; sys.path.insert(0, '/lib/chainrule'); import show");
  return python;
})();

ready.then(
  (python) => postMessage({ ready: true, version: python.runPython("sys.version.split()[0]") }),
  (error) => postMessage({ fatal: String(error) }),
);

onmessage = async ({ data }) => {
  const python = await ready;
  try {
    const show = python.pyimport("show");
    const answer = show.answer(JSON.stringify(data.task));
    postMessage({ id: data.id, answer: JSON.parse(answer) });
  } catch (error) {
    postMessage({ id: data.id, fatal: String(error) });
  }
};
