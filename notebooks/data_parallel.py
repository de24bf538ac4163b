"""One network trained by several devices, or by several processes: where to go when one machine is too small.

    python notebooks/data_parallel.py --devices 4
    python notebooks/data_parallel.py --processes 2

The first way makes four devices of the processor of this machine, the second starts two processes of this
script with one device each; both options together give each process several devices. On several machines,
start the script on each of them, with the number of its process and the address of process 0:

    python notebooks/data_parallel.py --processes 2 --coordinator host0:1234 --process 0
    python notebooks/data_parallel.py --processes 2 --coordinator host0:1234 --process 1

A tape is the cost of one example, recorded once. Its JAX form takes any number of examples as one array.
Where that array is spread over devices, each device computes what it holds, and JAX adds the sums over
the examples up, the gradient among them: no line of the training knows how many devices there are.
"""

import argparse
import random
import socket
import subprocess
import sys
import time

import jax
import numpy as np
from jax.sharding import NamedSharding, PartitionSpec

from engine import Value
from engine.tape import Tape
from nn import MLP, losses
from nn.data import moons

EXAMPLES, EPOCHS, RATE = 960, 120, 1.0
TIMEOUT = 300  # seconds for processes that were started here

parser = argparse.ArgumentParser(description="Train one network on several devices or in several processes.")
parser.add_argument("--devices", type=int, default=1, help="devices of each process (default: 1)")
parser.add_argument("--processes", type=int, default=1, help="how many processes share the work (default: 1)")
parser.add_argument("--process", type=int, help="which of them this one is; left out, all are started here")
parser.add_argument("--coordinator", help="host:port of process 0, where all processes meet")
parser.add_argument("--double", action="store_true", help="compute in double precision")


def run_all(commands: list[list[str]], timeout: float) -> int:
    """Run commands side by side; when one fails or time is up, stop the others. 0 if all went well."""
    end = time.monotonic() + timeout
    processes = [subprocess.Popen(command) for command in commands]  # noqa: S603  (this script itself)
    try:
        while time.monotonic() < end:
            codes = [process.poll() for process in processes]
            if None not in codes or any(codes):
                return int(any(codes))
            time.sleep(0.05)
        print(f"not done after {timeout:g} seconds: stopped", file=sys.stderr)
        return 1
    finally:
        for process in processes:
            process.kill()
            process.wait()


def start(processes: int) -> int:
    """Start this script once for each process, on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    again = [sys.executable, __file__, *sys.argv[1:], "--coordinator", address]
    return run_all([[*again, "--process", str(k)] for k in range(processes)], TIMEOUT)


def recorded() -> tuple[Tape, list[float]]:
    """The cost of one example, and the parameters that every process begins with."""
    network = MLP(2, [16, 16, 1], activation="tanh", rng=random.Random(1))
    x, y = [Value(0.0, label="x_0"), Value(0.0, label="x_1")], Value(0.0, label="y")
    C = losses.binary_cross_entropy_from_logits(network(x), y)
    return Tape(C, inputs=[*x, y], params=network.parameters()), [p.data for p in network.parameters()]


def train() -> None:
    """Gradient descent; process 0 tells how it goes, and compares with one device that does it all."""
    tape, begin = recorded()
    value_and_gradient = jax.jit(jax.value_and_grad(tape.jax()))

    mesh = jax.make_mesh((jax.device_count(),), ("examples",))
    rows = EXAMPLES - EXAMPLES % jax.device_count()  # each device holds as many
    everything = np.column_stack(moons(rows, rng=random.Random(2)))
    share = np.array_split(everything, jax.process_count())[jax.process_index()]  # in earnest: its own file
    inputs = jax.make_array_from_process_local_data(NamedSharding(mesh, PartitionSpec("examples")), share)
    params = jax.device_put(np.array(begin, inputs.dtype), NamedSharding(mesh, PartitionSpec()))

    tell = print if jax.process_index() == 0 else lambda *_: None
    shapes = [shard.data.shape for shard in inputs.addressable_shards]
    tell(f"{jax.process_count()} processes, {jax.device_count()} devices, {inputs.dtype} {inputs.shape}")
    tell(f"process 0 holds {shapes}")
    off = np.zeros(2)  # of cost and gradient
    for epoch in range(EPOCHS + 1):
        # Wait for each step: where devices share a few threads, steps that overlap can lock each other out.
        cost, gradient = jax.block_until_ready(value_and_gradient(params, inputs))
        if epoch % 20 == 0:
            tell(f"epoch {epoch:3}: cost {cost:.6f}")
            alone = value_and_gradient(np.array(params), everything)
            off = np.maximum(off, [abs(cost - alone[0]), np.abs(np.array(gradient) - alone[1]).max()])
        params -= RATE * gradient
    held = "whole" if gradient.is_fully_replicated else "in parts"
    tell(f"the gradient is held {held} by {len(gradient.sharding.device_set)} devices")
    tell(f"largest difference from one device: cost {off[0]:.1e}, gradient {off[1]:.1e}")


def main() -> None:
    """Prepare JAX, before its first computation, and train."""
    options = parser.parse_args()
    if (options.process is None) != (options.coordinator is None):
        parser.error("--process and --coordinator belong together")
    if options.processes > 1 and options.process is None:
        sys.exit(start(options.processes))
    jax.config.update("jax_platforms", "cpu")  # with GPUs: leave out this line and the next
    jax.config.update("jax_num_cpu_devices", options.devices)
    jax.config.update("jax_enable_x64", options.double)
    if options.processes > 1:
        jax.distributed.initialize(
            coordinator_address=options.coordinator,
            num_processes=options.processes,
            process_id=options.process,
            coordinator_bind_address=options.coordinator,
            initialization_timeout=60,  # seconds; nobody waits for a process that has died
            heartbeat_timeout_seconds=10,
            shutdown_timeout_seconds=10,
        )
    train()


if __name__ == "__main__":
    main()
