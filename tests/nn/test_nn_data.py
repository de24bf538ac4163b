"""Examples: xor, two moons, CSV files."""

import math
import os
import random
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nn import MLP, data


def test_xor():
    """All four inputs, and 1 where they differ."""
    xs, ys = data.xor()
    assert {tuple(map(bool, x)): bool(y) for x, (y,) in zip(xs, ys, strict=True)} == {
        (a, b): a ^ b for a in (False, True) for b in (False, True)
    }


@settings(max_examples=30, deadline=None)
@given(n=st.integers(1, 60))
def test_moons_lie_on_two_half_circles(n):
    """Without noise class 0 is the upper half of the unit circle, class 1 the lower half around (1, ½)."""
    xs, ys = data.moons(n, noise=0.0)
    assert len(xs) == len(ys) == n
    assert sum(y == [1.0] for y in ys) == math.ceil(n / 2)
    for (x, y), (label,) in zip(xs, ys, strict=True):
        centre, up = ((1.0, 0.5), -1) if label else ((0.0, 0.0), 1)
        assert math.hypot(x - centre[0], y - centre[1]) == pytest.approx(1.0)
        assert up * (y - centre[1]) >= -1e-12


def test_moons_with_noise():
    """The noise is Gaussian with the given deviation, and comes from the rng."""
    clean, _ = data.moons(4000, noise=0.0)
    noisy, _ = data.moons(4000, noise=0.2, rng=random.Random(1))
    shifts = [a - b for p, q in zip(noisy, clean, strict=True) for a, b in zip(p, q, strict=True)]
    assert math.fsum(shifts) / len(shifts) == pytest.approx(0.0, abs=0.01)
    assert math.sqrt(math.fsum(s * s for s in shifts) / len(shifts)) == pytest.approx(0.2, rel=0.03)
    assert noisy == data.moons(4000, noise=0.2, rng=random.Random(1))[0]
    assert data.moons(10)[0] != data.moons(10)[0]


def csv(tmp_path, content):
    path = tmp_path / "mine.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ROWS = [[1.0, 2.0], [3.0, -4.5]]
READ = {
    "plain": "1,2\n3,-4.5\n",
    "no last newline": "1,2\n3,-4.5",
    "Windows": "1,2\r\n3,-4.5\r\n",
    "header": "x,y\n1,2\n3,-4.5\n",
    "quoted header over two lines": '"a\nb","c, d"\n1,2\n3,-4.5\n',
    "blank lines": "\n1,2\n\n   \n,\n3,-4.5\n\n",
    "blank line before the header": "\nx,y\n1,2\n3,-4.5\n",
    "BOM": b"\xef\xbb\xbf1,2\n3,-4.5\n",
    "BOM and header": b"\xef\xbb\xbfx,y\n1,2\n3,-4.5\n",
    "quoted": '"1","2"\n"3","-4.5"\n',
    "spaces": " 1 , 2\n3 ,\t-4.5 \n",
    "scientific": "1e0,+2.\n30E-1,-45e-1\n",
    "old Macintosh": "1,2\r3,-4.5\r",
    "several line ends": "1,2\r\n\r3,-4.5\n",
    "header of anything": b"\x00,\x1b[31m\n1,2\n3,-4.5\n",
}


@pytest.mark.parametrize("content", READ.values(), ids=READ)
def test_read_csv(tmp_path, content):
    """Headers, blank lines, byte order marks, quotes and spaces make no difference."""
    assert data.read_csv(csv(tmp_path, content)) == ROWS
    assert data.read_csv(str(csv(tmp_path, content)), columns=2) == ROWS


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 4).flatmap(
        lambda n: st.lists(
            st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=n, max_size=n), min_size=1
        )
    )
)
def test_numbers_come_back_to_the_bit(tmp_path_factory, rows):
    """What Python prints is read back exactly."""
    path = csv(tmp_path_factory.mktemp("csv"), "\n".join(",".join(map(repr, row)) for row in rows))
    assert [[x.hex() for x in row] for row in data.read_csv(path)] == [[x.hex() for x in row] for row in rows]


BAD = {
    "text in a number column": ("1,2\n3,abc\n", "line 2, column 2: expected a finite number, got 'abc'"),
    "text after a header": ("x,y\n1,2\nfoo,3\n", "line 3, column 1: .* got 'foo'"),
    "counting blank lines": ("1,2\n\n\n3,x\n", "line 4, column 2"),
    "after a header of two lines": ('"a\nb",c\n1,2\n3,x\n', "line 4, column 2"),
    "part of the first row": ("1,abc\n", "line 1, column 2: expected a finite number, got 'abc'"),
    "empty cell": ("1,2\n3,\n", "line 2, column 2: .* got ''"),
    "nan": ("1,2\n3,nan\n", "line 2, column 2: expected a finite number, got 'nan'"),
    "inf": ("1,-inf\n", "line 1, column 2: .* got '-inf'"),
    "a first row of nan": ("nan,inf\n1,2\n", "line 1, column 1: .* got 'nan'"),
    "beyond float": ("1,1e999\n", "line 1, column 2: .* got '1e999'"),
    "semicolons": ("1;2\n3;4\n", "line 1, column 1: .* got '1;2'; commas separate columns"),
    "semicolons below a header": ("a;b\n3;4\n", "line 2, column 1: .* got '3;4'; commas separate columns"),
    "bars": ("1|2\n", r"line 1, column 1: .* got '1\|2'; commas separate columns"),
    "blanks": ("1 2\n", "line 1, column 1: .* got '1 2'; commas separate columns"),
    "a name with a number": ("house 2,1\n3,4\n", "line 1, column 1: .* got 'house 2'$"),
    "tabs": ("1\t2\n", r"line 1, column 1: .* got '1\\t2'; commas separate columns"),
    "a slip in every cell": ("1_0,2_0,3_0\n1,2,3\n", "line 1, column 1: .* got '1_0'"),
    "points, and nothing": ("1.5.2,,\n1,2,3\n", "line 1, column 1: .* got '1.5.2'"),
    "money": ("0.0€,€1\n1,2\n", "line 1, column 1: .* got '0.0€'"),
    "a true minus sign": ("−1,−2\n1,2\n", "line 1, column 1: .* got '−1'"),
    "digits of another script": ("1,٣\n", "line 1, column 2: .* got '٣'"),
    "shorter row": ("1,2\n3\n", "line 2: expected 2 columns, got 1"),
    "longer row": ("1,2\n3,4,5\n", "line 2: expected 2 columns, got 3"),
    "empty": ("", "holds no rows of numbers"),
    "blank": ("\n \n,,\n", "holds no rows of numbers"),
    "header alone": ("x,y\n", "holds no rows of numbers"),
    "binary": (b"\x7fELF\x02\xff\xfe\x00", "is not a CSV text file: .*can't decode byte"),
    "UTF-16": ("1,2\n".encode("utf-16"), "is not a CSV text file"),
    "UTF-16 without a mark": ("1,2\n".encode("utf-16-le"), r"line 1, column 1: .* got '1\\x00'"),
    "half a surrogate pair": (b"\xed\xa0\x80,1\n", "is not a CSV text file: .*can't decode byte"),
    "NUL": ("1,2\x00\n", r"line 1, column 2: .* got '2\\x00'"),
    "what a terminal obeys": ("1,\x1b[31m\n", r"line 1, column 2: .* got '\\x1b\[31m'"),
    "underscores": ("1_0,2\n", "line 1, column 1: .* got '1_0'"),
    "hexadecimal": ("1,0x10\n", "line 1, column 2: .* got '0x10'"),
    "a formula": ("=1+1,2\n", "line 1, column 1: .* got '=1\\+1'"),
    "a quotation cut short": ('1,2\n3,"4', "is not a CSV text file: unexpected end of data"),
    "a quotation that swallows the rest": ('x,"y\n1,2\n3,4\n', "is not a CSV text file: unexpected end of"),
    "a digit behind a quotation": ('1,"2"3\n', "is not a CSV text file: ',' expected after '\"'"),
    "a cell of a million": ("1\n" + "1" * 10**6, "is not a CSV text file: field larger than"),
    "one huge cell": ("1\n" + "x" * 200_000, "is not a CSV text file: field larger than"),
    "one long cell": ("1\n" + "x" * 100_000, r"line 2, column 1: expected a finite number, got 'xxx.*\.\.\."),
}


@pytest.mark.parametrize(("content", "message"), BAD.values(), ids=BAD)
def test_bad_csv(tmp_path, content, message):
    """The message is short and has file, line and column."""
    path = csv(tmp_path, content)
    with pytest.raises(data.DataError, match=message) as caught:
        data.read_csv(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 200


def test_a_wrong_number_of_columns(tmp_path):
    """Where the caller knows how many columns there must be, the first row is held to it."""
    with pytest.raises(data.DataError, match=r"mine\.csv, line 1: expected 3 columns, got 2"):
        data.read_csv(csv(tmp_path, "1,2\n"), columns=3)


def test_a_csv_that_cannot_be_opened(tmp_path):
    """A missing file or a directory raises the system's own error, with the path."""
    with pytest.raises(FileNotFoundError, match="nowhere"):
        data.read_csv(tmp_path / "nowhere.csv")
    with pytest.raises(IsADirectoryError):
        data.read_csv(tmp_path)
    with pytest.raises(TypeError, match=r'got int 3; pass one such as "examples\.csv"'):
        data.read_csv(3)
    if os.name == "posix":
        with pytest.raises(OSError, match=r"it is a device; expected a file: '/dev/zero'"):
            data.read_csv("/dev/zero")


@pytest.mark.skipif(os.name != "posix", reason="pipes as POSIX has them")
def test_a_csv_from_a_pipe(tmp_path):
    """A pipe is read to its end."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text("1,2\n3,-4.5\n"), daemon=True)
    writer.start()
    assert data.read_csv(pipe) == ROWS
    writer.join(timeout=300)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that opens and cannot be read")
def test_a_file_that_cannot_be_read():
    """It opens, and fails when it is read: the error has the path all the same."""
    for read in (data.read_csv, MLP(1, [1]).load):
        with pytest.raises(OSError, match="Input/output error: '/proc/self/mem'"):
            read("/proc/self/mem")
