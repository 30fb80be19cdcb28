"""Finds out which failure an exception is, and where in the user's code it happened.

The launcher runs this file when it starts, with `LAUNCHER`, the path of its own file. Works with Python 3.8, the oldest
version that Bytewax 0.21 supports.
"""

import os
import re
import traceback

TEXT_LIMIT = 4000
PEER_LOST = (
    "another process of the dataflow ended, so this one ended too"
    " (if none of them names an error, run it with one process to see it)"
)
RUST_PLACE = re.compile(r"^\(src/[^)]*\) ")


def load_failure(run, error):
    """Returns the failure of a file that could not be loaded."""
    frames = traceback.extract_tb(error.__traceback__)
    names = [frame.name for frame in frames]
    last = frames[-1]
    in_engine = last.filename.endswith(os.path.join("bytewax", "run.py"))
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) and error.code else 1
        if "_parse_args" in names:
            text = "the engine refused its arguments: " + " ".join(run.arguments)
            return failure("UsageError", text, code)
        text = "%s: the file ended Python while it was loaded" % describe(error)
        return failure("NotADataflow", text, code, place(run, error))
    if in_engine and last.name not in ("_locate_dataflow", "<module>"):
        return failure("UsageError", describe(error), 2)
    missing = isinstance(error, ImportError) or getattr(error, "filename", None)
    if in_engine and not missing:
        return failure("NotADataflow", describe(error), 1, (asked_file(run), None))
    return failure("ImportError", explained(run, error), 1, place(run, error))


def explained(run, error):
    """Returns the exception with its innermost cause, and with what to do about it."""
    tools = {"chain": chain, "describe": describe, "own_file": own_file, "place": place}
    try:
        path = os.path.join(os.path.dirname(__file__), "explain.py")
        # Not by runpy, which would use a module of the user's that is named pkgutil.
        with open(path, encoding="utf-8") as file:
            explain = dict(tools, __name__="explain", __file__=path)
            exec(compile(file.read(), path, "exec"), explain)
        return explain["explained"](run, error)
    except Exception:
        return describe(error)


def run_failure(run, error):
    """Returns the failure of the running engine."""
    for seen in run.errors:
        links = list(chain(seen))
        own = [link for link in links if not is_engine_error(link)]
        step = named_step(run.flow, [str(root) for root in roots(run.errors)] + [str(seen)])
        if own:
            return failure("UserError", describe(own[0]), 1, place(run, own[0]), step)
        if step:
            return failure("UserError", describe(links[-1]), 1, (None, None), step)
    text = describe(error)
    if type(error).__name__ == "PanicException":
        if "Send thread panic" in text and "-i" in run.arguments:
            # If the engine itself refuses a value, not even the process at fault has a trace of it.
            return failure("PeerLost", PEER_LOST, 1)
        return failure("EngineError", text, 1)
    code = error.code if isinstance(error, SystemExit) and isinstance(error.code, int) else 1
    # If the engine itself refuses a value (one without a key), it raises a plain TypeError that names
    # the step. An address that it cannot bind names none.
    step = named_step(run.flow, [text])
    where = place(run, error)
    kind = "UserError" if step or where[0] else "EngineError"
    return failure(kind, text, code or 1, where, step)


def failure(kind, exception, code, where=(None, None), step=None):
    report = {
        "kind": kind,
        "exception": exception[:TEXT_LIMIT],
        "file": where[0],
        "line": where[1],
        "step": step,
        "exitCode": code & 255 or 1,
    }
    return {key: value for key, value in report.items() if value is not None}


def is_engine_error(error):
    return type(error).__name__ == "BytewaxRuntimeError"


def chain(error):
    """Walks from an exception to its causes."""
    known = set()
    while error is not None and id(error) not in known:
        known.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def roots(errors):
    """Returns the exceptions that are not the cause of another one."""
    causes = {id(link) for error in errors for link in list(chain(error))[1:]}
    return [error for error in errors if id(error) not in causes]


def describe(error):
    name = type(error).__qualname__
    if type(error).__module__ not in ("builtins", "pyo3_runtime"):
        name = type(error).__module__ + "." + name
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        text = "<no text>"
    text = RUST_PLACE.sub("", text or "")
    return "%s: %s" % (name, text) if text else name


def place(run, error):
    """Returns the last line of the user's code that an exception passed through."""
    for link in chain(error):
        if isinstance(link, SyntaxError) and own_file(run, link.filename):
            return own_file(run, link.filename), link.lineno
        for frame in reversed(traceback.extract_tb(link.__traceback__)):
            if own_file(run, frame.filename):
                return own_file(run, frame.filename), frame.lineno
    return None, None


def own_file(run, filename):
    """Returns the path relative to the code folder, if the file is in it."""
    if not filename or filename.startswith("<") or filename == LAUNCHER:
        return None
    path = os.path.realpath(filename)
    inside = path.startswith(run.workdir.rstrip(os.sep) + os.sep)
    if not inside or (os.sep + "site-packages" + os.sep) in path:
        return None
    return os.path.relpath(path, run.workdir)


def asked_file(run):
    """Returns the file in which the dataflow was searched."""
    path = (run.arguments or [""])[0].partition(":")[0]
    return own_file(run, path) if os.path.isfile(path) else None


def named_step(flow, texts):
    """Returns the step that a message names, as it appears in the user's code.

    Bytewax composes its operators of inner ones (`flow.parse.flat_map_batch`), so the outer one is
    returned. For an operator that the user composed, it is the inner step.
    """
    ids = sorted((step.step_id for step in steps(flow.substeps)), key=len, reverse=True)
    for text in texts:
        for step_id in ids:
            if re.search(r"(?<![\w.])" + re.escape(step_id) + r"(?![\w.])", text):
                return outermost(flow.substeps, step_id)
    return None


def outermost(operators, step_id):
    for step in operators:
        if step.step_id == step_id:
            return step_id
        if step_id.startswith(step.step_id + "."):
            if type(step).__module__.split(".")[0] == "bytewax":
                return step.step_id
            return outermost(step.substeps, step_id)
    return step_id


def steps(operators):
    """Yields all steps, outer ones before inner ones."""
    for step in operators:
        yield step
        yield from steps(step.substeps)
