"""Runs `bytewax.run` in this process and reports how it ended.

usage: launcher.py run|probe|describe REPORT [arguments of bytewax.run ...]

With several processes the engine does not print a Python exception; every process ends with the same
panic or abort. But it creates a BytewaxRuntimeError for each exception first. The launcher collects
those to find which process is at fault, and where. `probe` loads the file in the same way and stops
before the engine would start. `describe` does the same and also reports the streams between the steps.
Works with Python 3.8, the oldest version that Bytewax 0.21 supports.

A file that starts the engine itself while it is loaded is refused in both modes: the flow would run once
more, without recovery, and in every probe.
"""

import os
import sys

# The code of the user is on the path already, and its modules may have the names of those below.
SEARCH_PATH = sys.path[:]
sys.path[:] = [at for at in SEARCH_PATH if at not in os.environ.get("PYTHONPATH", "").split(os.pathsep)]

import json
import runpy
import signal
import traceback

# Not by an import: the code of the user may have a module of this name. Nor by runpy, which would leave the pkgutil of
# Python behind, and the user may have a module of that name, too.
with open(os.path.join(os.path.dirname(__file__), "failures.py"), encoding="utf-8") as file:
    FAILURES = {"__name__": "failures", "__file__": file.name, "LAUNCHER": __file__}
    exec(compile(file.read(), file.name, "exec"), FAILURES)

sys.path[:] = SEARCH_PATH

REMEMBERED = 64

asked_file = FAILURES["asked_file"]
describe = FAILURES["describe"]
failure = FAILURES["failure"]
load_failure = FAILURES["load_failure"]
own_file = FAILURES["own_file"]
roots = FAILURES["roots"]
run_failure = FAILURES["run_failure"]
steps = FAILURES["steps"]


class Run:
    """The state of this run of the engine."""

    def __init__(self, mode, report, arguments):
        self.mode = mode
        self.loads_only = mode != "run"
        self.report = report
        self.arguments = arguments
        self.workdir = os.path.realpath(os.getcwd())
        self.flow = None
        self.loading = True
        self.errors = []


def main():
    run = Run(sys.argv[1], sys.argv[2], sys.argv[3:])
    # `launch` blocks signals to wait for them, and its children inherit that.
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    die_with_parent()
    # As `python -m bytewax.run` would set them.
    sys.path[0] = os.getcwd()
    sys.argv = ["bytewax.run"] + run.arguments
    try:
        watch(run)
        runpy.run_module("bytewax.run", run_name="__main__", alter_sys=True)
        if run.loads_only:
            report = loading_report(run)
    except BaseException as error:
        fail(run, error)
    if run.loads_only:
        leave(0 if write_report(run, report) else 1)
    # From here Python exits normally: it joins the user's threads and runs atexit handlers.
    write_report(run, {"outcome": "ended"})


def loading_report(run):
    """Returns the report of a dataflow that was loaded and does not run."""
    if run.mode == "probe":
        return dict(loaded(run.flow), outcome="probed")
    from bytewax.visualize import to_json

    return {"outcome": "described", "flow": loaded(run.flow), "graph": json.loads(to_json(run.flow))}


def die_with_parent():
    """Asks the kernel to kill this process when the one that started it is gone."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    except Exception:
        pass  # Not Linux, or no ctypes. In a pod the end of PID 1 ends all processes anyway.


def watch(run):
    """Hooks the places where the engine calls Python and where it is started, before it is imported."""
    import bytewax._bytewax as engine
    import bytewax.errors as errors

    class BytewaxRuntimeError(errors.BytewaxRuntimeError):
        def __init__(self, *args):
            super().__init__(*args)
            if len(run.errors) < REMEMBERED:
                run.errors.append(self)

    BytewaxRuntimeError.__module__ = errors.BytewaxRuntimeError.__module__
    BytewaxRuntimeError.__qualname__ = "BytewaxRuntimeError"
    errors.BytewaxRuntimeError = BytewaxRuntimeError

    start = engine.cli_main

    def cli_main(*args, **kwargs):
        if not run.loading:
            return start(*args, **kwargs)
        if not started_by_us(sys._getframe(1)):
            refuse_start(run)
        run.loading = False
        run.flow = kwargs["flow"]
        if os.path.exists(run.report):
            leave(1)  # A process that the file has forked refused to start the engine.
        if not run.loads_only:
            check_store(run, run.flow)
            start(**kwargs)

    engine.cli_main = cli_main
    # `bytewax.testing` imports these two.
    for name in ("run_main", "cluster_main"):
        setattr(engine, name, refused_while_loading(run, getattr(engine, name)))
    if run.loads_only:
        # Not in an engine: a hook cannot be removed, and would slow down the flow.
        sys.addaudithook(lambda event, args: run.loading and refuse_command(run, event, args))


def refused_while_loading(run, start):
    """Returns a function that starts the engine, but not while the file is loaded."""

    def starter(*args, **kwargs):
        if run.loading:
            refuse_start(run)
        return start(*args, **kwargs)

    return starter


def started_by_us(frame):
    """Returns true if only `bytewax.run` lies between this frame and the launcher."""
    ours = main.__code__.co_filename
    in_engine = os.path.join(os.sep + "bytewax", "run.py")
    while frame is not None and frame.f_code.co_filename != ours:
        name = frame.f_code.co_filename
        if not (is_runpy(name) or name.endswith(in_engine)):
            return False
        frame = frame.f_back
    return frame is not None


def refuse_command(run, event, args):
    """Refuses a command such as `python -m bytewax.run` in another process."""
    if event not in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"):
        return
    # Without the environment, which may contain anything.
    command = repr(args[:2])
    if any(name in command for name in ("bytewax.run", "bytewax.testing", "bytewax/run.py")):
        refuse_start(run)


def refuse_start(run):
    """Ends the process, since the file starts the engine while it is loaded."""
    own = [frame for frame in stack() if own_file(run, frame.f_code.co_filename)]
    at_import = [frame for frame in own if frame.f_code.co_name == "<module>"]
    when, remedy = "imported", 'put it below `if __name__ == "__main__":`'
    if own and not at_import:
        when, remedy = "loaded", "leave that to the platform, and only return it"
    for frame in (at_import or own)[:1]:
        where = own_file(run, frame.f_code.co_filename), frame.f_lineno
        named = "%s:%s" % where
        break
    else:
        where = asked_file(run), None
        named = where[0] or run.arguments[0]
    text = "%s runs the flow while it is %s: %s" % (named, when, remedy)
    write_report(run, dict(failure("ImportError", text, 1, where), outcome="failed"))
    leave(1)


def stack():
    """Yields the frames of this thread, innermost first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def check_store(run, flow):
    """Writes the steps of the dataflow for the sidecar, and exits if it would abandon state in the store.

    The engine itself reports no error: a renamed step starts without state. Its old state remains, and is
    loaded whenever a step has the old name again. If the steps cannot be compared, the engine is not started.
    """
    folder = os.path.dirname(run.report)
    stored = None
    try:
        stored = stored_steps(folder)
        shape = loaded(flow)
        write(os.path.join(folder, "flow.json"), shape)
        orphans = sorted(set(stored or []) - set(shape["stateful"]))
    except Exception as error:
        problem = "cannot compare the steps of the dataflow with the recovery store: " + describe(error)
        if stored == []:
            print("waxrun: " + problem, file=sys.stderr)
            return  # Without a store there is no state to abandon.
        refuse_store(run, problem)
    if orphans:
        text = (
            "the recovery store has state of steps that dataflow %s does not have: %s; restore their"
            " old names, or drop that state with an action DropSteps"
        )
        refuse_store(run, text % (flow.flow_id, ", ".join(orphans)))


def stored_steps(folder):
    """Returns the steps that have state in the recovery store; none without a store."""
    try:
        with open(os.path.join(folder, "stored.json"), encoding="utf-8") as file:
            return list(json.load(file))
    except FileNotFoundError:
        return []


def refuse_store(run, text):
    write_report(run, dict(failure("StoreRefused", text, 3), outcome="failed"))
    leave(3)


def fail(run, error):
    if isinstance(error, KeyboardInterrupt):
        print("waxrun: interrupted", file=sys.stderr)
        leave(130)
    try:
        report = load_failure(run, error) if run.flow is None else run_failure(run, error)
    except Exception:
        report = failure("EngineError", describe(error), 1)  # The dataflow is damaged.
    report["outcome"] = "failed"
    for cause in roots(run.errors) or [error]:
        show(report, cause)
    write_report(run, report)
    leave(report["exitCode"])


def show(failure, error):
    """Prints one chain of causes without the frames of the launcher."""
    if failure["kind"] == "PeerLost":
        print("waxrun: " + failure["exception"], file=sys.stderr)
    elif not isinstance(error, SystemExit):
        trace = error.__traceback__
        while trace is not None and is_ours(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        error.__traceback__ = trace
        traceback.print_exception(type(error), error, trace)


def is_ours(filename):
    return filename == __file__ or is_runpy(filename)


def is_runpy(filename):
    return filename == "<frozen runpy>" or filename == runpy.__file__


def loaded(flow):
    """Returns the steps of a dataflow, and those with state in its recovery store."""
    stateful = list(stateful_steps(flow.substeps, False))
    return {
        "v": 1,
        "flow": flow.flow_id,
        "steps": [step.step_id for step in steps(flow.substeps)],
        "stateful": [step.step_id for step, _ in stateful],
        "windows": [step.step_id for step, windowed in stateful if windowed],
        "engine": engine_version(),
    }


def engine_version():
    """Returns the version of Bytewax; an image may have it without the metadata of its package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("bytewax")
    except PackageNotFoundError:
        return "unknown"


def stateful_steps(operators, windowed):
    """Yields the steps for which the engine stores state, and whether it is the state of a window.

    These are the innermost steps: a `stateful_map` stores under the id of its `stateful_batch`.
    """
    from bytewax.inputs import FixedPartitionedSource
    from bytewax.outputs import FixedPartitionedSink

    for step in operators:
        inside = windowed or type(step).__module__ == "bytewax.operators.windowing"
        kind = type(step).__name__ if getattr(step, "core", False) else None
        if (
            kind == "stateful_batch"
            or (kind == "input" and isinstance(step.source, FixedPartitionedSource))
            or (kind == "output" and isinstance(step.sink, FixedPartitionedSink))
        ):
            yield step, inside
        yield from stateful_steps(step.substeps, inside)


def write_report(run, report):
    return write(run.report, report)


def write(path, content):
    """Writes a file as a whole; returns false if the system refuses."""
    try:
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(content, file)
        os.replace(path + ".new", path)
        return True
    except OSError as error:
        print("waxrun: cannot write %s: %s" % (path, error), file=sys.stderr)
        return False


def leave(code):
    """Exits at once. Otherwise threads of the engine may abort the process."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass  # The reader is gone.
    os._exit(code)


if __name__ == "__main__":
    main()
