"""A real JupyterLab for tests: started in a folder of its own, driven in a real browser."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import nbformat
from browser import complaints

PATIENCE = 60  # seconds until a server on a busy machine must have said where it listens
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}
SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",  # a pop-up asks whether news may be fetched, and covers what a test looks at
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},  # cells out of sight are there, too
}

COMMON = """
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}
const uncovered = () => until(() => !document.getElementById("jupyterlab-splash"));
// Lab renders outputs one by one, in its own time.
async function rendered() {
  const cells = jupyterapp.shell.currentWidget.content.widgets;
  const expected = () => cells.reduce((sum, { model }) => sum + (model.outputs?.length ?? 0), 0);
  await until(() => document.querySelectorAll(".jp-OutputArea-output:not(:empty)").length >= expected());
  await Promise.all(Array.from(document.images, (image) => image.decode()));
}
"""
OPENED = f"""{COMMON}
return (async () => {{
  await until(() => window.jupyterapp?.shell.currentWidget?.context);
  await jupyterapp.shell.currentWidget.revealed;
  await rendered();
  await uncovered();
}})();
"""
RUN = f"""{COMMON}
return (async () => {{
  await jupyterapp.shell.currentWidget.context.sessionContext.ready;
  const succeeded = await jupyterapp.commands.execute("notebook:run-all-cells");
  await rendered();
  return succeeded;
}})();
"""
SAVED = "return jupyterapp.commands.execute('docmanager:save');"
THEMED = f"""{COMMON}
const [light] = arguments;
const theme = `JupyterLab ${{light ? "Light" : "Dark"}}`;
return (async () => {{
  await jupyterapp.commands.execute("apputils:change-theme", {{ theme }});
  await until(() => document.body.dataset.jpThemeLight === String(light));
  await uncovered();
}})();
"""


class Lab:
    """A JupyterLab that runs, and the folder that it shows."""

    def __init__(self, url, token, folder):
        self.url, self.token, self.folder = url, token, folder

    def open(self, driver, name):
        """Open a notebook alone, and wait until it stands there; nothing of it is run.

        Earlier complaints of the browser are dropped.
        """
        complaints(driver)
        driver.get(f"{self.url}doc/tree/{name}?token={self.token}&reset")
        driver.execute_script(OPENED)

    @staticmethod
    def run_all(driver):
        """Run All Cells; whether each came to its end without an error."""
        return driver.execute_script(RUN)

    @staticmethod
    def save(driver):
        driver.execute_script(SAVED)

    @staticmethod
    def theme(driver, *, light):
        driver.execute_script(THEMED, light)


@contextmanager
def jupyterlab(folder):
    """A JupyterLab of this interpreter, that ends with the context; all that it writes lies in the folder."""
    files, settings = folder / "notebooks", folder / "config/labconfig"
    for path in (files, settings):
        path.mkdir(parents=True)
    (settings / "default_setting_overrides.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    options = ["--expose-app-in-browser", f"--ServerApp.root_dir={files}"]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        server = subprocess.Popen(
            [*command, *options], cwd=folder, env=_environment(folder), stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield Lab(*_address(server, folder), files)
        finally:
            server.terminate()  # it ends its kernels, then itself
            server.wait(PATIENCE)


def _environment(folder):
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    return os.environ | {name: str(folder / place) for name, place in places.items()}


def _address(server, folder):
    """URL and token, which the server writes down once it listens: it takes the first port that is free."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        for path in (folder / "runtime").glob("jpserver-*.json"):
            text = path.read_text(encoding="utf-8")
            if text.endswith("}"):
                told = json.loads(text)
                return told["url"], told["token"]
        time.sleep(0.05)
    log = (folder / "log.txt").read_text(encoding="utf-8")
    raise RuntimeError(f"JupyterLab did not start; its last words:\n{log[-2000:]}")


def write_notebook(path, *cells):
    """Store a notebook of code cells that no one has run."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = KERNEL
    nbformat.write(notebook, path)
