"""Explains why the user's file could not be loaded: what the innermost cause was, and what to do about it.

The launcher runs this file after a failed import, with the functions `chain`, `describe`, `own_file` and `place` of its
own. Works with Python 3.8, the oldest version that Bytewax 0.21 supports.
"""

import linecache
import os
import re
import sys
import traceback

TEXT_LIMIT = 400


def explained(run, error):
    """Returns the exception with its innermost cause, and with what to do about it."""
    links = list(chain(error))
    text = describe(error)[:TEXT_LIMIT]
    if len(links) > 1:
        where = place(run, links[-1])
        text += ", after " + describe(links[-1])[:TEXT_LIMIT]
        text += " (%s:%s)" % where if where[1] else ""
    for link in reversed(links):
        reason = explanation(run, link)
        if reason:
            return "%s: %s" % (text, reason)
    return text


def explanation(run, error):
    """Returns what a failed import means for someone who does not see this machine."""
    if isinstance(error, KeyError) and error.args and is_environ(error):
        return (
            "the environment variable %s is not set: pass `-e %s=VALUE`, or keep it in a Secret (`envValueFrom`)"
            % (error.args[0], error.args[0])
        )
    if isinstance(error, (ImportError, AttributeError)):
        file = namesake(run, error)
        if file:
            of = "the engine" if module_name(file) == "bytewax" else "Python's standard library"
            return "%s has the name of a module of %s: rename it" % (file, of)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return missing_module(run, error)
    if isinstance(error, ImportError) and "no known parent package" in str(error):
        return "a relative import needs a package: add an empty __init__.py beside the file"
    return None


def is_environ(error):
    """Whether the lookup that failed is that of os.environ."""
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and frames[-1].name == "__getitem__" and frames[-1].filename in (os.__file__, "<frozen os>")


def namesake(run, error):
    """Returns the file of the code that stands for a module of the engine or of the standard library."""
    for entry in sorted(os.listdir(run.workdir)):
        name = module_name(entry)
        inside = os.path.join(run.workdir, entry, "__init__.py")
        if name is None or not (entry.endswith(".py") or os.path.isfile(inside)):
            continue
        if name != "bytewax" and not is_standard(name):
            continue
        file = getattr(sys.modules.get(name), "__file__", None)
        if own_file(run, file) or getattr(error, "name", None) == name:
            return entry if entry.endswith(".py") else entry + "/"
    return None


def module_name(entry):
    name = entry.rstrip("/")
    name = name[:-3] if name.endswith(".py") else name
    return name if name.isidentifier() else None


def is_standard(name):
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return name in known
    folder = os.path.dirname(os.__file__)  # Python 3.9 and older.
    return os.path.exists(os.path.join(folder, name + ".py")) or os.path.exists(
        os.path.join(folder, name, "__init__.py")
    )


def missing_module(run, error):
    """Explains a module that was not found: a wrong root, a file that was left out, or a missing package."""
    package = error.name.partition(".")[0]
    path = error.name.replace(".", "/")
    asked = (run.arguments or [""])[0].partition(":")[0]
    if error.name == module_name(os.path.basename(asked)) and place(run, error)[0] is None:
        return "the entry point is %s, and the code has no such file" % asked
    if any(os.path.exists(os.path.join(run.workdir, package + end)) for end in (".py", "")):
        return "the code has no %s.py; is it left out of SOURCE?" % path
    folder = folder_with(run, package)
    if folder:
        return "%s is in %s/: pass `-e PYTHONPATH=%s`, or name %s/ as SOURCE" % (package, folder, folder, folder)
    file, line = place(run, error)
    text = linecache.getline(os.path.join(run.workdir, file), line) if line else ""
    inner = re.search(r"(?:from|import)\s+%s(?:\.|\s+import\s+)(\w+)" % re.escape(package), text)
    if inner and any(os.path.exists(os.path.join(run.workdir, inner.group(1) + end)) for end in (".py", "")):
        return "the code has %s, but not %s around it: name the folder around it as SOURCE" % (inner.group(1), package)
    return "it is neither in the code nor installed; use an image that has it"


def folder_with(run, package):
    """Returns the folder of the code, other than its top, that contains a package."""
    for folder, below, files in os.walk(run.workdir):
        below[:] = sorted(name for name in below if name not in ("site-packages", "__pycache__"))
        inside = os.path.relpath(folder, run.workdir)
        if os.path.isfile(os.path.join(folder, "__init__.py")):
            continue  # Here it is a part of another package.
        if inside != "." and (package in below or package + ".py" in files):
            return inside
    return None
