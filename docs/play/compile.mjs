// Compile Python files with the Python that the playground runs: `node compile.mjs PACKAGES PYODIDE OUTPUT`.
// It writes OUTPUT/python.zip, our packages, and OUTPUT/pyodide/python_stdlib.zip, the standard library.
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

// Of the library, what no page can use: servers, mail, processes, terminals, code pages of other machines' files, what is
// frozen into Python, and what Python 3.13 has dropped. It is a third of it.
const LEFT_OUT = `
  __hello__ __phello__ _pydatetime _pyio aifc antigravity asyncio/__main__ asyncio/proactor
  asyncio/windows cProfile cgi chunk colorsys concurrent/futures/process crypt ctypes email/_header
  email/contentmanager email/headerregistry email/mime email/policy encodings/big5 encodings/cp0 encodings/cp1
  encodings/cp2 encodings/cp5 encodings/cp7 encodings/cp8 encodings/cp9 encodings/euc_ encodings/gb
  encodings/hp_roman8 encodings/hz encodings/iso2022_ encodings/iso8859_ encodings/johab encodings/koi8
  encodings/kz1048 encodings/mac_ encodings/palmos encodings/ptcp154 encodings/shift_ encodings/tis_620 fileinput
  ftplib getpass http/c http/server imaplib imghdr importlib/_bootstrap logging/config logging/handlers mailbox
  mailcap modulefinder msilib multiprocessing netrc nntplib nturl2path optparse pickletools pipes plistlib poplib
  profile pstats pty pyclbr sched shelve smtplib sndhdr socketserver sunau tabnanny telnetlib this trace.
  tty unittest/mock urllib/request urllib/robotparser uu wave wsgiref xdrlib xml/dom xml/sax xmlrpc zipapp zoneinfo
`.trim().split(/\s+/);

const [packages, pyodide, output] = process.argv.slice(2);
// Columns of code serve tracebacks alone, and those of programs in the page do not lead through these files.
const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
python.FS.mkdirTree("/packages");
python.FS.mount(python.FS.filesystems.NODEFS, { root: packages }, "/packages");
python.FS.writeFile("/library.zip", readFileSync(`${pyodide}/python_stdlib.zip`));
python.globals.set("left_out", python.toPy(LEFT_OUT));
python.runPython(`
import os, pathlib, py_compile, shutil, sys, zipfile

def compiled(path, **options):
    # Without its source, a compiled file needs no check of dates.
    py_compile.compile(path, path + "c", invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, **options)
    os.remove(path)

def pack(folder, archive):
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file():
                packed.write(path, path.relative_to(folder))

shutil.copytree("/packages", "/ours")
for path in pathlib.Path("/ours").rglob("*.py"):
    compiled(str(path))
pack("/ours", "/python.zip")

with zipfile.ZipFile("/library.zip") as library:
    names = [name for name in library.namelist() if not name.startswith(tuple(left_out))]
    library.extractall("/theirs", names)
# Of the library only what every start needs is compiled: the rest is smaller as text.
sys.path.insert(0, "/ours")
import show
show.answer('{"text": "tanh(x)", "values": {}}')
library = [str(getattr(module, "__file__", "")) for module in sys.modules.values()]
for path in {path.replace("/lib/python312.zip", "/theirs") for path in library if path.startswith("/lib/python312.zip")}:
    if os.path.exists(path):
        compiled(path, optimize=2)
pack("/theirs", "/python_stdlib.zip")
`);
writeFileSync(`${output}/python.zip`, python.FS.readFile("/python.zip"));
writeFileSync(`${output}/pyodide/python_stdlib.zip`, python.FS.readFile("/python_stdlib.zip"));
