import pytest

from gpu_course.book import module_code

MODULE = '''"""What it is."""

import math

LIMIT = 3  # of tries
"""How often."""


def area(radius):
    """Return the area."""
    # by hand
    text = """a kernel

    of two lines"""
    return math.pi * radius**2, text
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"""What it is."""', '"""What it is,\n\nat length: # with a mark.\n"""'),
        ("# of tries", "# of attempts"),
        ('"""How often."""', '"""How many times."""'),
        ('    """Return the area."""\n', ""),
        ("    # by hand\n", ""),
        ("\n\n\ndef", "\n\ndef"),
    ],
)
def test_words_about_the_code_do_not_count(before, after):
    assert before in MODULE
    changed = MODULE.replace(before, after)
    assert module_code.digest(changed) == module_code.digest(MODULE)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("radius**2", "radius**3"),
        ("a kernel", "the kernel"),
        ("a kernel\n\n", "a kernel\n"),
        ('"""a kernel', '"""# a kernel'),
        ('LIMIT = 3  # of tries\n"""How often."""', 'LIMIT = 3 + (\n1)\n"""How often."""'),
    ],
)
def test_every_character_of_the_code_counts(before, after):
    assert before in MODULE
    changed = MODULE.replace(before, after)
    assert module_code.digest(changed) != module_code.digest(MODULE)


def test_a_mark_inside_a_text_is_no_comment():
    assert module_code.digest('a = "#1"\n') != module_code.digest('a = "#2"\n')
    assert module_code.digest('a = "#1"  # x\n') == module_code.digest('a = "#1"\n')
    assert module_code.digest("a = f'#{1}'\n") != module_code.digest("a = f'#{2}'\n")


def test_a_text_beside_a_statement_counts():
    """Such a line is no docstring that stands alone; to leave it whole is the safe side."""
    assert module_code.digest('a = 1; "x"\n') != module_code.digest('a = 1; "y"\n')


BRANCH = """\
def moved(batch, device):
    if device.type == "cuda":
        return batch.pin_memory().to(device)
    return batch
"""


@pytest.mark.parametrize("kind", module_code.APART)
@pytest.mark.parametrize("asked", ["device.type", 'getattr(device, "type", "")'])
def test_a_block_for_another_kind_of_device_does_not_count(kind, asked):
    source = BRANCH.replace("cuda", kind).replace("device.type", asked)
    changed = source.replace("pin_memory()", "contiguous()")
    assert module_code.digest(changed) == module_code.digest(source)
    without = "def moved(batch, device):\n    return batch\n"
    assert module_code.digest(without) == module_code.digest(source)
    # A run that computed there depends on it.
    used = frozenset({kind})
    assert module_code.digest(changed, used) != module_code.digest(source, used)


@pytest.mark.parametrize(
    "test",
    [
        'device.type != "cuda"',
        'device.type == "cpu"',
        'device.type == "cuda" or size > 3',
        'kind == "cuda"',
        'getattr(device, "kind", "") == "cuda"',
        'getattr(device, "type", "cuda") == "cuda"',
        'not device.type == "cuda"',
    ],
)
def test_a_block_that_a_processor_may_reach_counts(test):
    source = BRANCH.replace('device.type == "cuda"', test)
    changed = source.replace("pin_memory()", "contiguous()")
    assert module_code.digest(changed) != module_code.digest(source)


def test_a_block_with_another_way_counts():
    source = BRANCH.replace("    return batch\n", "    else:\n        return batch\n")
    assert module_code.digest(source.replace("pin_memory()", "a")) != module_code.digest(source)
