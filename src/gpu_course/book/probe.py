"""Run inside a chapter's kernel, before its first cell and after its last.

`START` listens to Python's audit events, so that every file the chapter opens is known without
any bookkeeping in the course's package. Weights are opened outside Python, which says nothing of
it, so the function that opens them says it instead. `END` prints what was imported and opened, and
on what the libraries really ran.
"""

START = """
def _watch():
    import os, sys
    opened = set()
    def hook(event, arguments):
        if event not in ("open", "sqlite3.connect"):
            return
        path, mode = arguments[0], (arguments[1] if event == "open" else "r")
        if isinstance(path, (str, bytes, os.PathLike)) and not set(mode or "r") & set("wax"):
            opened.add(os.path.abspath(os.fsdecode(path)))
    sys.addaudithook(hook)
    sys._gpu_course_opened = opened
    try:
        import safetensors
    except ImportError:
        return
    opens = safetensors.safe_open
    def safe_open(filename, *arguments, **options):
        sys.audit("open", os.fspath(filename), "r", 0)
        return opens(filename, *arguments, **options)
    safetensors.safe_open = safe_open
_watch()
del _watch
"""

END = """
def _report():
    import json, sys
    opened = sorted(sys._gpu_course_opened)
    modules = sorted(
        module.__file__ for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "gpu_course" and getattr(module, "__file__", None)
    )
    # Only now: asking for the devices must not add to what the chapter itself imported. The size
    # comes last, since choosing it may import PyOpenCL to ask for GPUs.
    from gpu_course import devices, sizes
    machine = devices.device_record()
    machine = {"size": sizes.current(), **machine}
    return json.dumps({"opened": opened, "modules": modules, "machine": machine})
print(_report())
"""
