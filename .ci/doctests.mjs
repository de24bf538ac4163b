// Run the doctests of engine and nn inside Pyodide: `node doctests.mjs PYODIDE WHEELS`, from the project's folder.
import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [pyodide, wheels] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: pyodide });
for (const name of readdirSync(wheels)) {
    python.unpackArchive(new Uint8Array(readFileSync(`${wheels}/${name}`)).buffer, "zip", { extractDir: "/packages" });
}
python.FS.mkdirTree("/project");
python.FS.mount(python.FS.filesystems.NODEFS, { root: process.cwd() }, "/project");
const failed = python.runPython(`
import os, sys
os.chdir("/project")
sys.path[:0] = ["/project", "/packages"]
sys.dont_write_bytecode = True
import pytest
needs_numpy = ["engine/tape", "engine/ufuncs.py", "engine/readings/arrays.py", "nn/equations", "nn/ledger.py", "nn/replay.py"]
examples = ["history.py::nn.history.History.why", "layers.py::nn.layers.MLP.arrays"]
examples += [f"optim.py::nn.optim.Optimizer.{name}" for name in ("changed", "split")]
left_out = [f"--ignore={path}" for path in needs_numpy] + [f"--deselect=nn/{example}" for example in examples]
options = ["-q", "-s", "-p", "no:cacheprovider", "--doctest-modules", "--import-mode=importlib", "-W", "ignore"]
# The project's own settings ask for plug-ins that are not here.
settings = ["-c", "/dev/null", "--rootdir=/project", "-o", "doctest_optionflags=ELLIPSIS"]
int(pytest.main([*options, *settings, *left_out, "engine", "nn"]))
`);
console.log(`Python ${python.runPython("__import__('sys').version.split()[0]")}, Pyodide ${python.version}`);
process.exit(failed);
